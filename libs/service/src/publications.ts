import type { IssuerId } from '@cartulary/domain';
import type { Publications } from '@cartulary/x509';
import type { Settings } from './settings.js';

/** Where relying parties find what an issuer publishes; the paths are those of apps/responder. */
export const publicationsOf = (
  publicUrl: string,
  issuerId: IssuerId,
  deltas?: Settings['crl']['deltas'],
): Publications & Required<Omit<Publications, 'freshestCrlUrl'>> => ({
  ocspUrl: `${publicUrl}/ocsp`,
  caIssuersUrl: `${publicUrl}/issuers/${issuerId}.cer`,
  crlUrl: `${publicUrl}/crl/${issuerId}.crl`,
  ...(deltas?.inCertificates ? { freshestCrlUrl: deltaCrlUrl(publicUrl, issuerId) } : {}),
});

export const deltaCrlUrl = (publicUrl: string, issuerId: IssuerId): string => `${publicUrl}/crl/${issuerId}-delta.crl`;
