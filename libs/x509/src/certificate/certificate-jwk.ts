/** A root in a SPIFFE bundle: JWK with `use: x509-svid` and `x5c` (SPIFFE Trust Domain and Bundle, section 4.2). */
export const certificateJwk = (_certificate: Buffer): Readonly<Record<string, unknown>> => {
  throw new Error('not written');
};
