import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { OpensslJudge } from '../interop-openssl.js';
import { clockEnvironment, type Exhibit, type KnownJudge } from './judge.js';

const onOneLine = (said: string): string => said.trim().replaceAll(/\s+/g, ' ');

const openssl = async (bench: Parameters<KnownJudge['open']>[0]) => {
  const directory = await mkdtemp(join(bench.directory, 'openssl-'));
  const judge = new OpensslJudge(directory, join(directory, 'root.pem'), clockEnvironment(bench.clock));
  await judge.write('root.pem', bench.root);
  await judge.write('crls.pem', bench.crls);
  const show = async ({ certificate, chain }: Exhibit) => ({
    leafFile: await judge.write('leaf.pem', certificate),
    chainFile: await judge.write('chain.pem', chain),
  });
  return { judge, show };
};

const byCrls: KnownJudge['open'] = async (bench) => {
  const { judge, show } = await openssl(bench);
  return {
    judge: async (exhibit) => {
      const { code, said } = await judge.verify(await show(exhibit), 'crls.pem');
      const [error = onOneLine(said)] = /error \d+ at \d+ depth lookup: [^\n]*/.exec(said) ?? [];
      return { accepted: code === 0, said: code === 0 ? 'OK' : error };
    },
    close: () => Promise.resolve(),
  };
};

/** Asks for each certificate of the path. It looks at the status alone: neither at dates nor at signatures of a path. */
const byOcsp: KnownJudge['open'] = async (bench) => {
  const { judge, show } = await openssl(bench);
  return {
    judge: async (exhibit) => {
      const path = await show(exhibit);
      const files = [...(await judge.split(path)), 'root.pem'];
      for (const [depth, file] of files.slice(0, -1).entries()) {
        const question = { url: bench.ocspUrl, issuerFile: files[depth + 1]!, of: ['-cert', file] };
        const { code, said } = await judge.ocsp({ ...question, chainFile: path.chainFile });
        const complaint = /(?<=Status times invalid[^]*?OCSP_check_validity:)[^:\n]+|Responder Error: [^\n]*/.exec(
          said,
        );
        const [, status = onOneLine(said)] = /^\S+\.pem: (\w+)/m.exec(said) ?? [];
        if (complaint) return { accepted: false, said: complaint[0] };
        if (code !== 0 || status !== 'good') return { accepted: false, said: `${status} at depth ${depth}` };
      }
      return { accepted: true, said: 'good' };
    },
    close: () => Promise.resolve(),
  };
};

export const opensslJudges: readonly KnownJudge[] = [
  { name: 'openssl verify', by: 'CRLs, `-crl_check_all`', open: byCrls },
  { name: 'openssl ocsp', by: 'OCSP', open: byOcsp },
];
