import { type CertificateRule } from '../to-sign.js';
import { signatureAlgorithmProblem } from '../key/signature-algorithms.js';

/** What the certificate says of its signature is what the signing key makes, parameters included. */
export const signatureAlgorithm: CertificateRule = {
  id: 'certificate.signature-algorithm',
  section: 'RFC 5280, sections 4.1.1.2 and 4.1.2.3',
  severity: 'error',
  check: ({ certificate, signingKey }) => signatureAlgorithmProblem(certificate.signatureAlgorithm, signingKey),
};
