import { oids } from '../oids.js';
import { type CertificateRule } from '../to-sign.js';

export const purposes: CertificateRule = {
  id: 'certificate.extended-key-usage',
  section: 'RFC 5280, section 4.2.1.12',
  severity: 'error',
  check: ({ certificate }) => {
    const list = certificate.purposes;
    if (!list) return undefined;
    if (list.length === 0) return 'no purpose is named';
    if (new Set(list).size < list.length) return 'a purpose is named twice';
    const critical = certificate.extension(oids.extendedKeyUsage)?.critical;
    return critical && list.includes(oids.anyExtendedKeyUsage) ? 'any purpose, and critical' : undefined;
  },
};
