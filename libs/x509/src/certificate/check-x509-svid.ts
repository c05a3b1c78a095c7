/** SPIFFE X.509-SVID rules for a leaf; returns its SPIFFE ID. Throws CERTIFICATE_SVID_INVALID. */
export const checkX509Svid = (_leaf: Buffer): string => {
  throw new Error('not written');
};
