import { oids } from '../oids.js';
import { type CertificateRule } from '../to-sign.js';
import { accessDescriptions } from '../view/extension-values.js';

/** Who says that there is no revocation information names no place to ask for it. */
export const noRevAvail: CertificateRule = {
  id: 'certificate.no-rev-avail',
  section: 'RFC 9608, sections 2 and 3',
  severity: 'error',
  check: ({ certificate }) => {
    const extension = certificate.extension(oids.noRevAvail);
    if (!extension) return undefined;
    if (extension.value.toString('hex') !== '0500') return 'its value is not NULL';
    if (certificate.isCa) return 'a CA can always be revoked';
    if (certificate.extension(oids.crlDistributionPoints) ?? certificate.extension(oids.freshestCrl)) {
      return 'beside where to find a CRL';
    }
    const access = certificate.extension(oids.authorityInfoAccess);
    return access && accessDescriptions(access.value).some(({ method }) => method === oids.ocsp)
      ? 'beside where to ask by OCSP'
      : undefined;
  },
};
