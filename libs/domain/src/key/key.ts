import type { Decider, DomainEvent } from '../shared/decider.js';
import { LifecycleError } from '../shared/errors.js';
import type { KeyHash, Timestamp } from '../shared/ids.js';
import { InvalidityDateError } from '../certificate/errors.js';
import { replacesReason, type RevocationReason } from '../certificate/reasons.js';

/**
 * The key is never certified again; what was issued for it before is revoked by the handler of this event. Comes a
 * second time, with the first one's `blockedAt`, where compromise replaces a harmless reason.
 */
export type KeyBlocked = DomainEvent<
  'KeyBlocked',
  {
    keyHash: KeyHash;
    reason: RevocationReason;
    blockedAt: Timestamp;
    invalidityDate?: Timestamp;
    commentHash?: string;
  }
>;
export type KeyEvent = KeyBlocked;
export interface BlockKey {
  readonly type: 'BlockKey';
  readonly keyHash: KeyHash;
  readonly reason: RevocationReason;
  readonly invalidityDate?: Timestamp;
  readonly now: Timestamp;
}
export interface KeyState {
  readonly status: 'usable' | 'blocked';
  readonly reason?: RevocationReason;
  readonly blockedAt?: Timestamp;
  readonly invalidityDate?: Timestamp;
}

export class KeyBlockedError extends LifecycleError {
  readonly code = 'KEY_BLOCKED';
  constructor(readonly keyHash: KeyHash) {
    super(`the key ${keyHash} is blocked: it is never certified again; make a new key`);
  }
}

export const keyDecider: Decider<BlockKey, KeyEvent, KeyState> = {
  initial: { status: 'usable' },
  decide: ({ keyHash, reason, invalidityDate, now }, state) => {
    if (invalidityDate && invalidityDate > now) throw new InvalidityDateError();
    if (state.reason && !replacesReason(state.reason, reason)) return [];
    const blockedAt = state.blockedAt ?? now;
    const since = invalidityDate ? { invalidityDate } : {};
    return [{ type: 'KeyBlocked', data: { keyHash, reason, blockedAt, ...since } }];
  },
  evolve: (state, event) => {
    if (event.type !== 'KeyBlocked') return state;
    const { reason, blockedAt, invalidityDate } = event.data;
    return { status: 'blocked', reason, blockedAt, ...(invalidityDate ? { invalidityDate } : {}) };
  },
};
