import { type ResponseRule } from '../to-sign.js';

/** A delegate answers for the issuer that it has its certificate from: one issuer in one response (DESIGN §11.16). */
export const responseOneIssuer: ResponseRule = {
  id: 'ocsp.one-issuer',
  section: 'RFC 6960, section 4.2.2.2',
  severity: 'error',
  check: ({ response: { responses } }) => {
    const first = new Map<string, string>();
    for (const { hashAlgorithm, nameHash, keyHash } of responses) {
      if (responses.length === 1) return undefined;
      const issuer = `${nameHash.toString('hex')}${keyHash.toString('hex')}`;
      if ((first.get(hashAlgorithm) ?? issuer) !== issuer) return 'it answers for several issuers';
      first.set(hashAlgorithm, issuer);
    }
    return undefined;
  },
};
