import { type CertificateRule } from '../to-sign.js';
import { nameLengthsProblem } from './attribute-rules.js';

export const nameLengths: CertificateRule = {
  id: 'certificate.name.lengths',
  section: 'RFC 5280, appendix A.1',
  severity: 'error',
  check: ({ certificate: { issuer, subject } }) => nameLengthsProblem(issuer) ?? nameLengthsProblem(subject),
};
