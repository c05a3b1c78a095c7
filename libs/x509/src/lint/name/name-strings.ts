import { type CertificateRule } from '../to-sign.js';
import { nameStringsProblem } from './attribute-rules.js';

export const nameStrings: CertificateRule = {
  id: 'certificate.name.strings',
  section: 'RFC 5280, sections 4.1.2.4 and 4.1.2.6',
  severity: 'error',
  check: ({ certificate: { issuer, subject } }) => nameStringsProblem(issuer) ?? nameStringsProblem(subject),
};
