import { nameOfOid, oids } from '../oids.js';
import { type CertificateRule } from '../to-sign.js';
import { accessDescriptions } from '../view/extension-values.js';
import { isHttpUrl } from './http-url.js';

export const informationAccess: CertificateRule = {
  id: 'certificate.information-access',
  section: 'RFC 5280, section 4.2.2.1; RFC 5019, section 3',
  severity: 'error',
  check: ({ certificate }) => {
    const extension = certificate.extension(oids.authorityInfoAccess);
    if (!extension) return undefined;
    const descriptions = accessDescriptions(extension.value);
    if (descriptions.length === 0) return 'nothing is described';
    for (const { method, location } of descriptions) {
      if (method !== oids.ocsp && method !== oids.caIssuers) return `${nameOfOid(method)} is no method of ours`;
      if (!isHttpUrl(location)) return 'a location that is no http URL';
    }
    return undefined;
  },
};
