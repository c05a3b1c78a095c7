import type { Decider, DomainEvent } from '../shared/decider.js';
import type { Timestamp } from '../shared/ids.js';
import { IdentityAlreadyRegisteredError, IdentityNotRegisteredError, IdentityNotSuspendedError } from './errors.js';
import type { SpiffeId } from './spiffe-id.js';

/**
 * What a caller may do at our own doors; see libs/access. `service` and `controller` are for our own services, `agent` for
 * node agents.
 */
export type Role = 'admin' | 'operator' | 'issuer' | 'auditor' | 'service' | 'agent' | 'controller';

/** Rights of a system identity or token: a role, for all namespaces or for the named ones only. */
export interface Grant {
  readonly role: Role;
  readonly namespaces?: readonly string[];
}

export type IdentityRegistered = DomainEvent<
  'IdentityRegistered',
  { identity: SpiffeId; grant?: Grant; registeredAt: Timestamp }
>;
export type IdentitySuspended = DomainEvent<'IdentitySuspended', { identity: SpiffeId; suspendedAt: Timestamp }>;
export type IdentityReinstated = DomainEvent<'IdentityReinstated', { identity: SpiffeId; reinstatedAt: Timestamp }>;
export type IdentityEvent = IdentityRegistered | IdentitySuspended | IdentityReinstated;

export type IdentityCommand =
  | { readonly type: 'RegisterIdentity'; readonly identity: SpiffeId; readonly grant?: Grant; readonly now: Timestamp }
  | { readonly type: 'SuspendIdentity'; readonly identity: SpiffeId; readonly now: Timestamp }
  | { readonly type: 'ReinstateIdentity'; readonly identity: SpiffeId; readonly now: Timestamp };

export type IdentityState =
  | { readonly status: 'unregistered' }
  | {
      readonly status: 'active' | 'suspended';
      readonly identity: SpiffeId;
      readonly grant?: Grant;
      readonly registeredAt: Timestamp;
      readonly suspendedAt?: Timestamp;
    };

export const identityDecider: Decider<IdentityCommand, IdentityEvent, IdentityState> = {
  initial: { status: 'unregistered' },

  decide: (command, state) => {
    const { identity, now } = command;
    if (command.type === 'RegisterIdentity') {
      if (state.status !== 'unregistered') throw new IdentityAlreadyRegisteredError(identity);
      const grant = command.grant ? { grant: command.grant } : {};
      return [{ type: 'IdentityRegistered', data: { identity, ...grant, registeredAt: now } }];
    }
    if (state.status === 'unregistered') throw new IdentityNotRegisteredError(identity);
    if (command.type === 'SuspendIdentity') {
      if (state.status === 'suspended') return [];
      return [{ type: 'IdentitySuspended', data: { identity, suspendedAt: now } }];
    }
    if (state.status !== 'suspended') throw new IdentityNotSuspendedError(identity);
    return [{ type: 'IdentityReinstated', data: { identity, reinstatedAt: now } }];
  },

  evolve: (state, event) => {
    switch (event.type) {
      case 'IdentityRegistered': {
        if (state.status !== 'unregistered') return state;
        const { identity, grant, registeredAt } = event.data;
        return { status: 'active', identity, ...(grant ? { grant } : {}), registeredAt };
      }
      case 'IdentitySuspended':
        return state.status === 'unregistered'
          ? state
          : { ...state, status: 'suspended', suspendedAt: event.data.suspendedAt };
      case 'IdentityReinstated': {
        if (state.status === 'unregistered') return state;
        const { suspendedAt: _, ...rest } = state;
        return { ...rest, status: 'active' };
      }
      default:
        return state;
    }
  },
};
