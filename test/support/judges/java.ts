import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Conversation } from './conversation.js';
import { installed } from './installed.js';
import { clockEnvironment, type KnownJudge } from './judge.js';

let files = 0;

const judgeBy = (method: 'crl' | 'ocsp', from: 'files' | 'the network'): KnownJudge['open'] => {
  return async ({ directory, root, crls, clock }) => {
    const write = async (pem: string): Promise<string> => {
      const file = join(directory, `java${++files}.pem`);
      await writeFile(file, pem);
      return file;
    };
    const options = ['-Xshare:auto', '-XX:TieredStopAtLevel=1', '-Xmx128m'];
    if (from === 'the network') options.push('-Dcom.sun.security.enableCRLDP=true');
    const program = new Conversation('java', [...options, '-cp', installed('java'), 'Pkix'], clockEnvironment(clock));
    const [rootFile, crlsFile] = [await write(root), from === 'files' ? await write(crls) : ''];
    return {
      judge: async ({ certificate, chain }) => {
        const shown = [method, await write(certificate), await write(chain), rootFile, crlsFile];
        const [accepted, said = ''] = (await program.ask(shown.join('\t'))).split('\t');
        return { accepted: accepted === 'true', said };
      },
      close: () => program.end(),
    };
  };
};

export const javaJudges: readonly KnownJudge[] = [
  { name: 'Java PKIX', by: 'CRL files', open: judgeBy('crl', 'files') },
  { name: 'Java PKIX', by: 'CRL distribution points', open: judgeBy('crl', 'the network') },
  { name: 'Java PKIX', by: 'OCSP', open: judgeBy('ocsp', 'the network') },
];
