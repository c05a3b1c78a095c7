import { type Grant, type Identity, parseIdentity, type SpiffeId, type Timestamp } from '@cartulary/domain';
import { type Permission, roleMay } from '@cartulary/contracts';
import type { Actor } from '@cartulary/ledger';
import { ForbiddenError } from './errors.js';

/** Who is calling, by which credential, and what that may do. */
export interface Caller {
  readonly kind: 'certificate' | 'token' | 'system';
  readonly actor: Actor;
  readonly grant: Grant;
  readonly expiresAt?: Timestamp;
}

/** The services themselves, where no request is behind what they do. */
export const systemCaller = (service: string): Caller => ({
  kind: 'system',
  actor: { id: `system:${service}`, credential: 'system' },
  grant: { role: 'admin' },
});

export const demand = (caller: Caller, permission: Permission): void => {
  if (!roleMay(caller.grant.role, permission))
    throw new ForbiddenError(`the role ${caller.grant.role} lacks ${permission}`);
};

/** A grant for certain namespaces reaches the workload identities in them, and nothing else. A service reaches nobody. */
export const reaches = ({ grant }: Caller, identity: Identity | undefined): boolean => {
  if (grant.role === 'service') return false;
  if (!grant.namespaces) return identity?.kind !== 'system' || grant.role === 'admin' || grant.role === 'auditor';
  return identity?.kind === 'workload' && grant.namespaces.includes(identity.namespace);
};

export const demandReach = (caller: Caller, identity: Identity | undefined): void => {
  if (reaches(caller, identity)) return;
  const what = identity ? identity.id : 'what has no workload identity';
  throw new ForbiddenError(`the caller's grant does not reach ${what}`);
};

/** `demandReach` for an identity that is known to be well formed. */
export const demandReachOf = (caller: Caller, id: SpiffeId | undefined, trustDomain: string): void =>
  demandReach(caller, id === undefined ? undefined : parseIdentity(id, trustDomain));
