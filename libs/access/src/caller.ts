import {
  type Attestation,
  type Grant,
  type Identity,
  parseIdentity,
  type SpiffeId,
  type Timestamp,
} from '@cartulary/domain';
import { type Permission, roleMay } from '@cartulary/contracts';
import type { Actor } from '@cartulary/ledger';
import { ForbiddenError } from './errors.js';

/** Who is calling, by which credential, and what that may do. */
export interface Caller {
  readonly kind: 'certificate' | 'token' | 'workload' | 'system';
  readonly actor: Actor;
  readonly grant: Grant;
  readonly expiresAt?: Timestamp;
  /** The one identity that a workload's credential is for: it reaches nothing else. */
  readonly only?: SpiffeId;
  /** What the credential said; recorded with what is issued. */
  readonly attestation?: Attestation;
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

/** A grant for certain namespaces reaches the workload identities in them, and nothing else. A service or an agent reaches nobody. */
export const reaches = ({ grant, only }: Caller, identity: Identity | undefined): boolean => {
  if (only !== undefined) return identity?.id === only;
  if (grant.role === 'service' || grant.role === 'agent') return false;
  if (!grant.namespaces) return identity?.kind !== 'system' || grant.role === 'admin' || grant.role === 'auditor';
  return identity?.kind === 'workload' && grant.namespaces.includes(identity.namespace);
};

export const demandReach = (caller: Caller, identity: Identity | undefined): void => {
  if (reaches(caller, identity)) return;
  const what = identity ? identity.id : 'what has no workload identity';
  throw new ForbiddenError(`the caller's grant does not reach ${what}`);
};

/** For what belongs to a namespace and is nobody's identity. */
export const demandNamespace = ({ grant }: Caller, namespace: string): void => {
  if (grant.namespaces && !grant.namespaces.includes(namespace)) {
    throw new ForbiddenError(`the caller's grant does not reach the namespace ${namespace}`);
  }
};

/** `demandReach` for an identity that is known to be well formed. */
export const demandReachOf = (caller: Caller, id: SpiffeId | undefined, trustDomain: string): void =>
  demandReach(caller, id === undefined ? undefined : parseIdentity(id, trustDomain));
