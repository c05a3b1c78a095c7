import { publicKeyFromSpki } from '../signer/verify-signature.js';
import { certificateFacts } from './facts.js';

/**
 * A root in a SPIFFE bundle: the JWK of its key with `use: x509-svid` and the certificate as the one value of `x5c`
 * (SPIFFE Trust Domain and Bundle, section 4.2).
 */
export const certificateJwk = (certificate: Buffer): Readonly<Record<string, unknown>> => ({
  ...publicKeyFromSpki(certificateFacts(certificate).spki).export({ format: 'jwk' }),
  use: 'x509-svid',
  x5c: [certificate.toString('base64')],
});
