import { type NodeName, parseIdentity, parseNodeName, type SpiffeId } from '@cartulary/domain';
import { UnauthenticatedError } from '../errors.js';

const USER = /^system:serviceaccount:([a-z0-9.-]{1,253}):([a-z0-9.-]{1,253})$/;

export interface ServiceAccount {
  readonly namespace: string;
  readonly account: string;
}

/** Of Kubernetes' user name. Throws UnauthenticatedError where it is no service account's. */
export const accountOf = (user: string | undefined): ServiceAccount => {
  const [, namespace, account] = USER.exec(user ?? '') ?? [];
  if (!namespace || !account) throw new UnauthenticatedError('the token is not a service account’s');
  return { namespace, account };
};

export interface AccountPolicy {
  readonly trustDomain: string;
  /** `<namespace>/<service account>`: those that may ask for the identities placed on their node. */
  readonly nodeAccounts: readonly string[];
}

/** What a service account's token is good for. */
export const grantOf = (
  { namespace, account }: ServiceAccount,
  { trustDomain, nodeAccounts }: AccountPolicy,
): { readonly identity: SpiffeId; readonly mayImpersonate: boolean } => ({
  identity: parseIdentity(`spiffe://${trustDomain}/ns/${namespace}/sa/${account}`, trustDomain).id,
  mayImpersonate: nodeAccounts.includes(`${namespace}/${account}`),
});

export const nodeOf = (name: unknown): NodeName | undefined =>
  typeof name === 'string' ? parseNodeName(name) : undefined;

/** What an event keeps of a pod, cut where others could make it long. */
export const podEvidence = (name: unknown, uid: unknown) =>
  typeof name === 'string'
    ? { pod: { name: name.slice(0, 253), ...(typeof uid === 'string' ? { uid: uid.slice(0, 64) } : {}) } }
    : {};
