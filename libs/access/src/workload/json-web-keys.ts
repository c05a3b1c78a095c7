import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import type { Clock } from '@cartulary/runtime';
import { KeysUnavailableError } from '../errors.js';
import { askJson } from './json-over-tls.js';

/** Milliseconds: how long keys are used without asking again, and how soon a token with a key that is not known makes us ask again. */
const FRESH = 10 * 60_000;
const COOLDOWN = 10_000;

export interface KeySource {
  readonly issuer: string;
  /** Where the keys are; as OIDC discovery says when it is absent. */
  readonly jwksUrl?: string;
  /** PEM: who vouches for the issuer's server; the system's authorities when it is absent. */
  readonly ca?: string;
}

/**
 * An issuer's public keys, kept: tokens are verified without asking it. Old keys go on to count for as long as the
 * issuer can't be asked; a key it has made since is looked for once its id turns up.
 */
export class JsonWebKeys {
  #keys?: ReturnType<typeof createLocalJWKSet>;
  #fetchedAt = -Infinity;
  #askedAt = -Infinity;
  #asking: Promise<void> | undefined;

  constructor(
    private readonly source: KeySource,
    private readonly clock: Pick<Clock, 'now'>,
    private readonly get: typeof getJson = getJson,
  ) {}

  /** For jose. Throws its JWKSNoMatchingKey, or KeysUnavailableError. */
  readonly key: JWTVerifyGetKey = async (header, token) => {
    if (!this.#keys || this.#now() - this.#fetchedAt > FRESH) await this.#refresh();
    const keys = this.#keys;
    if (!keys) throw new KeysUnavailableError(this.source.issuer);
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await this.#refresh();
      return (this.#keys ?? keys)(header, token);
    }
  };

  #now(): number {
    return this.clock.now().getTime();
  }

  /** Of many callers at once one asks; what fails is not tried again at once. */
  async #refresh(): Promise<void> {
    if (this.#asking) return this.#asking;
    if (this.#now() - this.#askedAt < COOLDOWN) return;
    this.#askedAt = this.#now();
    this.#asking = this.#fetch().finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  async #fetch(): Promise<void> {
    const { issuer, ca } = this.source;
    try {
      const url = this.source.jwksUrl ?? (await this.#discover());
      const keys = await this.get(url, ca);
      this.#keys = createLocalJWKSet(keys as JSONWebKeySet);
      this.#fetchedAt = this.#now();
    } catch (error) {
      // With the keys of before, tokens go on being verified.
      if (!this.#keys) throw new KeysUnavailableError(issuer, { cause: error });
    }
  }

  /** OpenID Connect Discovery 1.0, sections 4.1 and 4.3: the document names the very issuer that was asked for. */
  async #discover(): Promise<string> {
    const { issuer, ca } = this.source;
    const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const document = (await this.get(url, ca)) as { readonly issuer?: unknown; readonly jwks_uri?: unknown };
    if (document.issuer !== issuer) throw new Error(`${url} is of another issuer`);
    if (typeof document.jwks_uri !== 'string') throw new Error(`${url} has no jwks_uri`);
    return document.jwks_uri;
  }
}

export const getJson = async (url: string, ca?: string): Promise<unknown> => {
  const { status, body } = await askJson(url, ca === undefined ? {} : { ca });
  if (status !== 200) throw new Error(`${url} answers ${status}`);
  return body;
};
