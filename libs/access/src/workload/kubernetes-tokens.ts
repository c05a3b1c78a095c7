import { timestamp } from '@cartulary/domain';
import type { Clock } from '@cartulary/runtime';
import { UnauthenticatedError } from '../errors.js';
import type { JsonWebKeys } from './json-web-keys.js';
import { accountOf, grantOf, nodeOf, podEvidence } from './service-account.js';
import type { TokenVerifier, VerifiedToken } from './token-verifier.js';
import { verifyJwt } from './verify-jwt.js';

export interface KubernetesOptions {
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly trustDomain: string;
  /** `<namespace>/<service account>`: those that may ask for the identities placed on their node. */
  readonly nodeAccounts: readonly string[];
  /** Seconds. */
  readonly skew: number;
}

/** As the API server writes it into bound tokens. */
interface KubernetesClaim {
  readonly namespace?: unknown;
  readonly serviceaccount?: { readonly name?: unknown };
  readonly pod?: { readonly name?: unknown; readonly uid?: unknown };
  readonly node?: { readonly name?: unknown };
}

/** Service account tokens, verified with the cluster's public keys; the API server is not asked. */
export class KubernetesTokens implements TokenVerifier {
  constructor(
    private readonly keys: Pick<JsonWebKeys, 'key'>,
    private readonly options: KubernetesOptions,
    private readonly clock: Pick<Clock, 'now'>,
  ) {}

  accepts(issuer: string): boolean {
    return issuer === this.options.issuer;
  }

  async verify(token: string): Promise<VerifiedToken> {
    const { issuer, audiences, skew } = this.options;
    const expected = { issuer, audiences, skew, now: this.clock.now() };
    const { claims, evidence } = await verifyJwt(token, this.keys.key, expected);
    const { namespace, account } = accountOf(claims.sub);
    const bound = (claims['kubernetes.io'] ?? {}) as KubernetesClaim;
    // A bound token says it twice; where that differs, somebody has made it up.
    const { namespace: inside = namespace, serviceaccount } = bound;
    if (inside !== namespace || (serviceaccount?.name ?? account) !== account) {
      throw new UnauthenticatedError('the token contradicts itself');
    }
    const node = nodeOf(bound.node?.name);
    return {
      ...grantOf({ namespace, account }, this.options),
      attestation: { kind: 'kubernetes', issuer, ...evidence, ...podOf(bound) },
      expiresAt: timestamp(new Date(claims.exp * 1_000)),
      ...(node === undefined ? {} : { node }),
    };
  }
}

const podOf = ({ pod }: KubernetesClaim) => podEvidence(pod?.name, pod?.uid);
