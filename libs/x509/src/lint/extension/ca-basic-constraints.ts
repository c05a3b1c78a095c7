import { oids } from '../oids.js';
import { type CertificateRule } from '../to-sign.js';

const keyCertSign = 5;

/** A key that verifies certificates is a CA's, and a CA says so critically. */
export const caBasicConstraints: CertificateRule = {
  id: 'certificate.basic-constraints.ca',
  section: 'RFC 5280, section 4.2.1.9',
  severity: 'error',
  check: ({ certificate }) => {
    if (!certificate.isCa) {
      return certificate.hasUsage(keyCertSign) ? 'keyCertSign without being a CA' : undefined;
    }
    return certificate.extension(oids.basicConstraints)?.critical
      ? undefined
      : 'basicConstraints of a CA is not critical';
  },
};
