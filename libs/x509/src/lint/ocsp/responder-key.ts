import { type ResponseRule } from '../to-sign.js';

const digitalSignature = 0;

/** Who signs is a CA itself, or delegated: id-kp-OCSPSigning, digitalSignature, and the key is the certificate's. */
export const responderKey: ResponseRule = {
  id: 'ocsp.responder.authorised',
  section: 'RFC 6960, section 4.2.2.2',
  severity: 'error',
  check: ({ issuer, signingKey }) => {
    if (!issuer) return undefined;
    if (!issuer.key.raw.equals(signingKey.raw)) return 'the signing key is not the one in its certificate';
    if (issuer.isCa) return undefined;
    if (!issuer.isOcspDelegate) return 'the certificate has no id-kp-OCSPSigning';
    return issuer.hasUsage(digitalSignature) ? undefined : 'the delegate makes no digital signatures';
  },
};
