import { oids } from '../oids.js';
import { type CertificateRule } from '../to-sign.js';
import { distributionPoints as read } from '../view/extension-values.js';
import { isHttpUrl } from './http-url.js';

const problemOf = (value: Buffer): string | undefined => {
  const points = read(value);
  if (points.length === 0) return 'no distribution point';
  for (const { names, isRelative, hasReasons, hasCrlIssuer } of points) {
    if (isRelative) return 'a name relative to the issuer';
    if (hasReasons) return 'a CRL for some reasons only';
    if (hasCrlIssuer) return 'a CRL by another issuer';
    if (names.length === 0) return 'a distribution point without a name';
    if (!names.every(isHttpUrl)) return 'a name that is no http URL';
  }
  return undefined;
};

/** Complete direct CRLs, fetched by http. */
export const distributionPoints: CertificateRule = {
  id: 'certificate.crl-distribution-points',
  section: 'RFC 5280, section 4.2.1.13',
  severity: 'error',
  check: ({ certificate }) => {
    const extension = certificate.extension(oids.crlDistributionPoints);
    return extension && problemOf(extension.value);
  },
};

export const freshestCrl: CertificateRule = {
  id: 'certificate.freshest-crl',
  section: 'RFC 5280, section 4.2.1.15',
  severity: 'error',
  check: ({ certificate }) => {
    const extension = certificate.extension(oids.freshestCrl);
    return extension && problemOf(extension.value);
  },
};
