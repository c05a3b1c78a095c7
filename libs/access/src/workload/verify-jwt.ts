import { errors, type JWTPayload, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { CredentialRefusedError, KeysUnavailableError, UnauthenticatedError } from '../errors.js';

// RFC 8725, section 3.1: what may be used is for us to say. No symmetric algorithm: the keys are public.
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
/** Octets; a service account token has about 1 200. */
export const MAX_TOKEN = 16_384;

export interface Expected {
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly now: Date;
  /** Seconds that clocks may differ. */
  readonly skew: number;
}

/** What an event keeps of a token: enough to find it at its issuer, and cut where others could make it long. */
export interface TokenEvidence {
  readonly subject?: string;
  readonly jwtId?: string;
  readonly keyId?: string;
}

/** The claims of a token that is of the issuer, for one of the audiences, and in time. */
export const verifyJwt = async (
  token: string,
  key: JWTVerifyGetKey,
  { issuer, audiences, now, skew }: Expected,
): Promise<{ readonly claims: JWTPayload & { readonly exp: number }; readonly evidence: TokenEvidence }> => {
  try {
    const { payload, protectedHeader } = await jwtVerify(token, key, {
      issuer,
      audience: [...audiences],
      algorithms: ALGORITHMS,
      currentDate: now,
      clockTolerance: skew,
      requiredClaims: ['exp', 'sub'],
    });
    return { claims: payload as JWTPayload & { exp: number }, evidence: evidenceOf(payload, protectedHeader.kid) };
  } catch (error) {
    if (error instanceof KeysUnavailableError) throw error;
    if (error instanceof errors.JWTExpired) {
      throw new CredentialRefusedError('CREDENTIAL_EXPIRED', 'the token has expired');
    }
    // The library's messages name claims, never their values.
    const why = error instanceof errors.JOSEError ? `: ${error.message}` : '';
    throw new UnauthenticatedError(`the token is not accepted${why}`, { cause: error });
  }
};

const evidenceOf = ({ sub, jti }: JWTPayload, kid: string | undefined): TokenEvidence => ({
  ...(sub === undefined ? {} : { subject: sub.slice(0, 512) }),
  ...(jti === undefined ? {} : { jwtId: jti.slice(0, 128) }),
  ...(kid === undefined ? {} : { keyId: kid.slice(0, 128) }),
});
