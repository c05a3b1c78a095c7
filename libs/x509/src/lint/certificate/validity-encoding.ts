import { timeProblem } from '../der/time.js';
import { type CertificateRule } from '../to-sign.js';

export const validityEncoding: CertificateRule = {
  id: 'certificate.validity.encoding',
  section: 'RFC 5280, section 4.1.2.5',
  severity: 'error',
  check: ({ certificate: { notBefore, notAfter } }) => {
    const [first, last] = [timeProblem(notBefore), timeProblem(notAfter)];
    return first ? `notBefore ${first}` : last && `notAfter ${last}`;
  },
};
