/** notBefore and notAfter for a life of `seconds` from now: backdated by the skew, never before the issuer's notBefore. */
export const validity = (
  now: Date,
  seconds: number,
  skew: number,
  issuer: { readonly notBefore: Date; readonly notAfter: Date },
): { notBefore: Date; notAfter: Date } => {
  const whole = (ms: number): Date => new Date(Math.floor(ms / 1000) * 1000);
  const notBefore = whole(Math.max(now.getTime() - skew, issuer.notBefore.getTime()));
  const notAfter = whole(Math.min(now.getTime() + seconds * 1000, issuer.notAfter.getTime()));
  return { notBefore, notAfter };
};
