import { type NodeName, parseIdentity, parseNodeName, timestamp } from '@cartulary/domain';
import type { Clock } from '@cartulary/runtime';
import { UnauthenticatedError } from '../errors.js';
import type { JsonWebKeys } from './json-web-keys.js';
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

const SUBJECT = /^system:serviceaccount:([a-z0-9.-]{1,253}):([a-z0-9.-]{1,253})$/;

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
    const [, namespace = '', account = ''] = SUBJECT.exec(claims.sub ?? '') ?? [];
    if (namespace === '') throw new UnauthenticatedError('the token is not a service account’s');
    const bound = (claims['kubernetes.io'] ?? {}) as KubernetesClaim;
    // A bound token says it twice; where that differs, somebody has made it up.
    const { namespace: inside = namespace, serviceaccount } = bound;
    if (inside !== namespace || (serviceaccount?.name ?? account) !== account) {
      throw new UnauthenticatedError('the token contradicts itself');
    }
    const { trustDomain, nodeAccounts } = this.options;
    const { id } = parseIdentity(`spiffe://${trustDomain}/ns/${namespace}/sa/${account}`, trustDomain);
    const node = nodeOf(bound);
    return {
      identity: id,
      attestation: { kind: 'kubernetes', issuer, ...evidence, ...podOf(bound) },
      expiresAt: timestamp(new Date(claims.exp * 1_000)),
      ...(node === undefined ? {} : { node }),
      mayImpersonate: nodeAccounts.includes(`${namespace}/${account}`),
    };
  }
}

const podOf = ({ pod }: KubernetesClaim) =>
  typeof pod?.name === 'string'
    ? { pod: { name: pod.name.slice(0, 253), ...(typeof pod.uid === 'string' ? { uid: pod.uid.slice(0, 64) } : {}) } }
    : {};

const nodeOf = ({ node }: KubernetesClaim): NodeName | undefined => {
  if (typeof node?.name !== 'string') return undefined;
  return parseNodeName(node.name);
};
