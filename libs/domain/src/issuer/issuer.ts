import type { Decider, DomainEvent } from '../shared/decider.js';
import { LifecycleError } from '../shared/errors.js';
import type { Base64, IssuerId, Timestamp } from '../shared/ids.js';

/**
 * What an issuer is for. `root` and `intermediate` sign CAs only; `workload`, `server` and `system` issue certificates;
 * `system-root` anchors the system issuer apart from the mesh.
 */
export type IssuerPurpose = 'root' | 'intermediate' | 'workload' | 'server' | 'system-root' | 'system';

export interface IssuerRecord {
  issuerId: IssuerId;
  purpose: IssuerPurpose;
  /** Counts the issuers of one purpose: 1, 2, 3 … */
  epoch: number;
  name: string;
  /** DER. */
  certificate: Base64;
  /** The issuer's CA, absent for an anchor. */
  parent?: IssuerId;
  /** Certificates (DER) above an imported issuer that are not issuers of ours, lowest first, anchor last. */
  chain?: Base64[];
  /** The key in the key store; absent where the key is elsewhere (an imported chain's upper CAs). */
  keyId?: string;
  keyAlgorithm: string;
  notBefore: Timestamp;
  notAfter: Timestamp;
}

export type IssuerCreated = DomainEvent<'IssuerCreated', IssuerRecord>;
export type IssuerImported = DomainEvent<'IssuerImported', IssuerRecord>;
export type IssuerActivated = DomainEvent<'IssuerActivated', { issuerId: IssuerId; activatedAt: Timestamp }>;
export type IssuerRetired = DomainEvent<'IssuerRetired', { issuerId: IssuerId; retiredAt: Timestamp }>;
export type IssuerEvent = IssuerCreated | IssuerImported | IssuerActivated | IssuerRetired;

export type IssuerCommand =
  | { readonly type: 'CreateIssuer'; readonly issuer: IssuerRecord }
  | { readonly type: 'ImportIssuer'; readonly issuer: IssuerRecord }
  | { readonly type: 'ActivateIssuer'; readonly issuerId: IssuerId; readonly now: Timestamp }
  | { readonly type: 'RetireIssuer'; readonly issuerId: IssuerId; readonly now: Timestamp };

export type IssuerState =
  | { readonly status: 'unknown' }
  | ({ readonly status: 'prepared' | 'active' | 'retired'; readonly imported: boolean } & IssuerRecord);

export class IssuerNotFoundError extends LifecycleError {
  readonly code = 'ISSUER_NOT_FOUND';
  constructor(issuerId: string) {
    super(`no issuer with id ${issuerId}`);
  }
}
export class IssuerExistsError extends LifecycleError {
  readonly code = 'ISSUER_EXISTS';
  constructor(issuerId: string) {
    super(`issuer ${issuerId} exists already`);
  }
}
export class IssuerNotActiveError extends LifecycleError {
  readonly code = 'ISSUER_NOT_ACTIVE';
  constructor(issuerId: string) {
    super(`issuer ${issuerId} does not issue: it is not active, or its own certificate ends too soon`);
  }
}
export class IssuerWrongPurposeError extends LifecycleError {
  readonly code = 'ISSUER_WRONG_PURPOSE';
  constructor(issuerId: string, purpose: IssuerPurpose, profile: string) {
    super(`issuer ${issuerId} is for ${purpose} certificates: it does not issue under the profile ${profile}`);
  }
}
export class NoActiveIssuerError extends LifecycleError {
  readonly code = 'NO_ACTIVE_ISSUER';
  constructor(purpose: string) {
    super(`no active issuer for ${purpose} certificates`);
  }
}

export const issuerDecider: Decider<IssuerCommand, IssuerEvent, IssuerState> = {
  initial: { status: 'unknown' },
  decide: (command, state) => {
    if (command.type === 'CreateIssuer' || command.type === 'ImportIssuer') {
      const { issuer } = command;
      if (state.status !== 'unknown') throw new IssuerExistsError(issuer.issuerId);
      return [{ type: command.type === 'CreateIssuer' ? 'IssuerCreated' : 'IssuerImported', data: issuer }];
    }
    const { issuerId, now } = command;
    if (state.status === 'unknown') throw new IssuerNotFoundError(issuerId);
    if (command.type === 'ActivateIssuer') {
      if (state.status === 'active') return [];
      if (state.status === 'retired' || now < state.notBefore || now > state.notAfter) {
        throw new IssuerNotActiveError(issuerId);
      }
      return [{ type: 'IssuerActivated', data: { issuerId, activatedAt: now } }];
    }
    return state.status === 'retired' ? [] : [{ type: 'IssuerRetired', data: { issuerId, retiredAt: now } }];
  },
  evolve: (state, event) => {
    switch (event.type) {
      case 'IssuerCreated':
        return state.status === 'unknown' ? { ...event.data, status: 'prepared', imported: false } : state;
      case 'IssuerImported':
        return state.status === 'unknown' ? { ...event.data, status: 'prepared', imported: true } : state;
      case 'IssuerActivated':
        return state.status === 'prepared' ? { ...state, status: 'active' } : state;
      case 'IssuerRetired':
        return state.status === 'unknown' ? state : { ...state, status: 'retired' };
      default:
        return state;
    }
  },
};
