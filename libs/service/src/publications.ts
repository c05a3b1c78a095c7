import type { IssuerId } from '@cartulary/domain';
import type { Publications } from '@cartulary/x509';

/** Where relying parties find what an issuer publishes; the paths are those of apps/responder. */
export const publicationsOf = (publicUrl: string, issuerId: IssuerId): Required<Publications> => ({
  ocspUrl: `${publicUrl}/ocsp`,
  caIssuersUrl: `${publicUrl}/issuers/${issuerId}.cer`,
  crlUrl: `${publicUrl}/crl/${issuerId}.crl`,
});
