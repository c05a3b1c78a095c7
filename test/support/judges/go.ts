import { Conversation } from './conversation.js';
import { installed } from './installed.js';
import type { KnownJudge, Verdict } from './judge.js';

const judgeBy = (method: 'crl' | 'ocsp'): KnownJudge['open'] => {
  return ({ root, crls, clock }) => {
    const program = new Conversation(installed('go'), [], {});
    return Promise.resolve({
      judge: async ({ certificate, chain }) => {
        const asked = { Method: method, Leaf: certificate, Chain: chain, Root: root, Crls: crls, Shift: clock };
        return JSON.parse(await program.ask(JSON.stringify(asked))) as Verdict;
      },
      close: () => program.end(),
    });
  };
};

export const goJudges: readonly KnownJudge[] = [
  { name: 'Go crypto/x509', by: 'CRLs', open: judgeBy('crl') },
  { name: 'Go x/crypto/ocsp', by: 'OCSP', open: judgeBy('ocsp') },
];
