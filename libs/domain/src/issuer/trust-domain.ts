import type { Decider, DomainEvent } from '../shared/decider.js';
import { LifecycleError } from '../shared/errors.js';
import type { IssuerId, Timestamp } from '../shared/ids.js';

/** First event of every trust domain; its stream lets exactly one of two initialisations through. */
export type TrustDomainCreated = DomainEvent<
  'TrustDomainCreated',
  { trustDomain: string; root: IssuerId; systemRoot: IssuerId; createdAt: Timestamp }
>;
export type TrustDomainCommand = { readonly type: 'CreateTrustDomain' } & TrustDomainCreated['data'];
export type TrustDomainState =
  { readonly status: 'absent' } | ({ readonly status: 'created' } & TrustDomainCreated['data']);

export class TrustDomainExistsError extends LifecycleError {
  readonly code = 'TRUST_DOMAIN_EXISTS';
  constructor(trustDomain: string) {
    super(`the trust domain ${trustDomain} exists already`);
  }
}

export const trustDomainDecider: Decider<TrustDomainCommand, TrustDomainCreated, TrustDomainState> = {
  initial: { status: 'absent' },
  decide: ({ type: _, ...data }, state) => {
    if (state.status === 'created') throw new TrustDomainExistsError(data.trustDomain);
    return [{ type: 'TrustDomainCreated', data }];
  },
  evolve: (state, event) =>
    event.type === 'TrustDomainCreated' && state.status === 'absent' ? { ...event.data, status: 'created' } : state,
};
