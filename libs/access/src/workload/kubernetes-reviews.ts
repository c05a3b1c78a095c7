import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { timestamp } from '@cartulary/domain';
import type { Clock } from '@cartulary/runtime';
import { decodeJwt } from 'jose';
import { CredentialRefusedError, ReviewUnavailableError, UnauthenticatedError } from '../errors.js';
import { askJson } from './json-over-tls.js';
import { accountOf, type AccountPolicy, grantOf, nodeOf, podEvidence } from './service-account.js';
import type { TokenVerifier, VerifiedToken } from './token-verifier.js';

export interface ReviewOptions extends AccountPolicy {
  readonly issuer: string;
  readonly audiences: readonly string[];
  /** Of the API server, without a slash at its end. */
  readonly apiUrl: string;
  /** PEM of who vouches for it. */
  readonly ca?: string;
  /** With the token that we are known by there; read anew for each review, since it is renewed in place. */
  readonly tokenFile: string;
  /** Seconds that clocks may differ. */
  readonly skew: number;
}

interface TokenReview {
  readonly status?: {
    readonly authenticated?: boolean;
    readonly audiences?: readonly string[];
    readonly user?: { readonly username?: string; readonly extra?: Readonly<Record<string, readonly string[]>> };
  };
}

const PATH = '/apis/authentication.k8s.io/v1/tokenreviews';
/** How long an account or a pod may be gone before its token is refused. Milliseconds. */
const KEPT = 10_000;
const MOST_KEPT = 10_000;
const MOST_AT_ONCE = 64;
const EXTRA = 'authentication.kubernetes.io/';

/**
 * Service account tokens that the API server is asked about: unlike the cluster's keys, it knows of a token whose pod or
 * account is gone. An answer is kept for a moment, under the token's hash; a refusal is not.
 */
export class KubernetesReviews implements TokenVerifier {
  readonly #kept = new Map<string, { readonly verified: VerifiedToken; readonly until: number }>();
  readonly #asking = new Map<string, Promise<VerifiedToken>>();

  constructor(
    private readonly options: ReviewOptions,
    private readonly clock: Pick<Clock, 'now'>,
    private readonly ask: typeof askJson = askJson,
  ) {}

  accepts(issuer: string): boolean {
    return issuer === this.options.issuer;
  }

  async verify(token: string): Promise<VerifiedToken> {
    const hash = createHash('sha256').update(token).digest('base64');
    const kept = this.#kept.get(hash);
    if (kept && this.clock.now().getTime() < kept.until) return kept.verified;
    const asking = this.#asking.get(hash) ?? this.#review(token, hash);
    this.#asking.set(hash, asking);
    try {
      return await asking;
    } finally {
      this.#asking.delete(hash);
    }
  }

  async #review(token: string, hash: string): Promise<VerifiedToken> {
    const expiresAt = this.#expectedEnd(token);
    // Whoever makes tokens up must not make us a burden to the API server.
    if (this.#asking.size >= MOST_AT_ONCE) throw unavailable('the API server is asked about too many tokens for now');
    const { issuer, audiences } = this.options;
    const { authenticated, user, audiences: agreed = [] } = await this.#ask(token);
    if (authenticated !== true) throw new UnauthenticatedError('the API server does not accept the token');
    if (!agreed.some((audience) => audiences.includes(audience))) {
      throw new UnauthenticatedError('the token is for another audience');
    }
    const extra = (name: string): string | undefined => user?.extra?.[EXTRA + name]?.[0];
    const node = nodeOf(extra('node-name'));
    const jwtId = extra('credential-id')?.replace(/^JTI=/, '').slice(0, 128);
    const verified: VerifiedToken = {
      ...grantOf(accountOf(user?.username), this.options),
      attestation: {
        ...{ kind: 'kubernetes', issuer, subject: user?.username ?? '' },
        ...(jwtId === undefined ? {} : { jwtId }),
        ...podEvidence(extra('pod-name'), extra('pod-uid')),
      },
      expiresAt: timestamp(expiresAt),
      ...(node === undefined ? {} : { node }),
    };
    this.#keep(hash, verified, Math.min(expiresAt.getTime(), this.clock.now().getTime() + KEPT));
    return verified;
  }

  /** What the token says of itself spares the API server those that are past, or somebody else's. */
  #expectedEnd(token: string): Date {
    const { audiences, skew } = this.options;
    const { exp, aud = [] } = decodeJwt(token);
    if (exp === undefined) throw new UnauthenticatedError('the token has no end');
    const end = new Date(exp * 1_000);
    if (end.getTime() + skew * 1_000 < this.clock.now().getTime()) {
      throw new CredentialRefusedError('CREDENTIAL_EXPIRED', 'the token has expired');
    }
    if (![aud].flat().some((audience) => audiences.includes(audience))) {
      throw new UnauthenticatedError('the token is for another audience');
    }
    return end;
  }

  async #ask(token: string): Promise<NonNullable<TokenReview['status']>> {
    const { apiUrl, ca, tokenFile, audiences } = this.options;
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token, audiences } };
    try {
      const bearer = (await readFile(tokenFile, 'utf8')).trim();
      const answer = await this.ask(apiUrl + PATH, { body, bearer, ...(ca === undefined ? {} : { ca }) });
      // 401 and 403 are of us, not of the token: somebody has to give us the right.
      if (answer.status !== 201 && answer.status !== 200) throw new Error(`it answers ${answer.status}`);
      return (answer.body as TokenReview).status ?? {};
    } catch (error) {
      throw unavailable('the API server can’t be asked about the token for now', error);
    }
  }

  #keep(hash: string, verified: VerifiedToken, until: number): void {
    this.#kept.delete(hash);
    this.#kept.set(hash, { verified, until });
    const oldest = this.#kept.keys().next();
    if (this.#kept.size > MOST_KEPT && !oldest.done) this.#kept.delete(oldest.value);
  }
}

const unavailable = (why: string, cause?: unknown): ReviewUnavailableError =>
  new ReviewUnavailableError(why, cause === undefined ? {} : { cause });
