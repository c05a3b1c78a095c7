import { InvalidValueError, parseIdentity, timestamp } from '@cartulary/domain';
import type { Clock } from '@cartulary/runtime';
import type { JWTPayload } from 'jose';
import { UnauthenticatedError } from '../errors.js';
import type { JsonWebKeys } from './json-web-keys.js';
import type { TokenVerifier, VerifiedToken } from './token-verifier.js';
import { verifyJwt } from './verify-jwt.js';

export interface OidcOptions {
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly trustDomain: string;
  /** Path of the identity, with claims in braces: `ns/ci/sa/{repository}`. */
  readonly identity: string;
  /** Seconds. */
  readonly skew: number;
}

/** Tokens of any OpenID provider: which claim makes which identity is configured. */
export class OidcTokens implements TokenVerifier {
  constructor(
    private readonly keys: Pick<JsonWebKeys, 'key'>,
    private readonly options: OidcOptions,
    private readonly clock: Pick<Clock, 'now'>,
  ) {}

  accepts(issuer: string): boolean {
    return issuer === this.options.issuer;
  }

  async verify(token: string): Promise<VerifiedToken> {
    const { issuer, audiences, skew } = this.options;
    const expected = { issuer, audiences, skew, now: this.clock.now() };
    const { claims, evidence } = await verifyJwt(token, this.keys.key, expected);
    return {
      identity: this.#identityOf(claims),
      attestation: { kind: 'oidc', issuer, ...evidence },
      expiresAt: timestamp(new Date(claims.exp * 1_000)),
      mayImpersonate: false,
    };
  }

  #identityOf(claims: JWTPayload) {
    const { trustDomain, identity } = this.options;
    const path = identity.replaceAll(/\{([^{}]+)\}/g, (_, name: string) => {
      const value = claims[name];
      // A value with a slash would move the segments behind it.
      if (typeof value !== 'string' || value === '' || value.includes('/')) {
        throw new UnauthenticatedError(`the token's claim ${name} makes no part of an identity`);
      }
      return value;
    });
    try {
      const parsed = parseIdentity(`spiffe://${trustDomain}/${path}`, trustDomain);
      if (parsed.kind === 'workload') return parsed.id;
    } catch (error) {
      if (!(error instanceof InvalidValueError)) throw error;
    }
    throw new UnauthenticatedError('the token’s claims make no workload identity');
  }
}
