import { oids } from '../oids.js';
import { type CertificateRule } from '../to-sign.js';

export const ocspNoCheck: CertificateRule = {
  id: 'certificate.ocsp-no-check',
  section: 'RFC 6960, section 4.2.2.2.1',
  severity: 'error',
  check: ({ certificate }) => {
    const extension = certificate.extension(oids.ocspNoCheck);
    if (!extension) return undefined;
    if (!certificate.isOcspDelegate) return 'only a delegate is not asked about';
    return extension.value.toString('hex') === '0500' ? undefined : 'its value is not NULL';
  },
};
