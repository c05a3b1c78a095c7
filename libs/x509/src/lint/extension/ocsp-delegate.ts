import { oids } from '../oids.js';
import { type CertificateRule } from '../to-sign.js';

const digitalSignature = 0;

/** What may sign OCSP answers does nothing else, and says how it is to be checked itself. */
export const ocspDelegate: CertificateRule = {
  id: 'certificate.ocsp-delegate',
  section: 'RFC 6960, sections 4.2.2.2 and 4.2.2.2.1',
  severity: 'error',
  check: ({ certificate }) => {
    if (!certificate.isOcspDelegate) return undefined;
    if (certificate.isCa) return 'a CA is no delegate';
    if (certificate.purposes!.length > 1) return 'a delegate has other purposes';
    if (!certificate.hasUsage(digitalSignature)) return 'a delegate makes no digital signatures';
    const checked = [oids.ocspNoCheck, oids.crlDistributionPoints, oids.authorityInfoAccess];
    return checked.some((oid) => certificate.extension(oid))
      ? undefined
      : 'neither id-pkix-ocsp-nocheck nor where to ask';
  },
};
