import { signatureAlgorithmProblem } from '../key/signature-algorithms.js';
import { type CrlRule } from '../to-sign.js';

export const crlSignatureAlgorithm: CrlRule = {
  id: 'crl.signature-algorithm',
  section: 'RFC 5280, sections 5.1.1.2 and 5.1.2.2',
  severity: 'error',
  check: ({ crl, signingKey }) => signatureAlgorithmProblem(crl.signatureAlgorithm, signingKey),
};
