import { parseIdentity, type SpiffeId } from '../identity/spiffe-id.js';
import { namespaceOf } from '../rotation/selector.js';
import type { Decider, DomainEvent } from '../shared/decider.js';
import { InvalidValueError, LifecycleError } from '../shared/errors.js';
import type { Timestamp } from '../shared/ids.js';
import { demandPort, type ServiceId, serviceText } from './service-id.js';

/**
 * Who a service is, and who may call it. `runs` is what a caller's proxy holds the server to (secure naming), `callers`
 * what the server's proxy holds its clients to. Both are exact SPIFFE IDs. A richer rule (denials, paths, end users'
 * tokens) is an aggregate of its own beside this one; see ADR 41.
 */
export interface ServiceRule {
  readonly runs: readonly SpiffeId[];
  readonly callers: readonly SpiffeId[];
  /** The port that it listens on; without one, all of its identities'. */
  readonly port?: number;
  /** False: a caller that is not named is reported, and let in. */
  readonly enforced: boolean;
}

/** Replaces what was said of the service before. */
export type ServiceDefined = DomainEvent<
  'ServiceDefined',
  { namespace: string; name: string; definedAt: Timestamp } & ServiceRule
>;
export type ServiceRetired = DomainEvent<'ServiceRetired', { namespace: string; name: string; retiredAt: Timestamp }>;
export type ServiceEvent = ServiceDefined | ServiceRetired;

export type ServiceCommand =
  | ({ readonly type: 'DefineService'; readonly now: Timestamp } & ServiceId & ServiceRule)
  | ({ readonly type: 'RetireService'; readonly now: Timestamp } & ServiceId);

export type ServiceState =
  { readonly status: 'absent' } | ({ readonly status: 'defined' } & Readonly<ServiceDefined['data']>);

export class ServiceNotFoundError extends LifecycleError {
  readonly code = 'SERVICE_NOT_FOUND';
  constructor(service: ServiceId) {
    super(`no service ${serviceText(service)}`);
  }
}

const MAX_RUNS = 64;
const MAX_CALLERS = 1_024;
/** Characters of all of them: an event has at most 65 535 octets. */
const MAX_TEXT = 48_000;

export const serviceDecider: Decider<ServiceCommand, ServiceEvent, ServiceState> = {
  initial: { status: 'absent' },
  decide: (command, state) => {
    const { namespace, name, now } = command;
    if (command.type === 'RetireService') {
      if (state.status === 'absent') throw new ServiceNotFoundError(command);
      return [{ type: 'ServiceRetired', data: { namespace, name, retiredAt: now } }];
    }
    const rule = wellFormed(command);
    if (state.status === 'defined' && same(state, rule)) return [];
    return [{ type: 'ServiceDefined', data: { namespace, name, ...rule, definedAt: now } }];
  },
  evolve: (state, event) => {
    switch (event.type) {
      case 'ServiceDefined':
        return { ...event.data, status: 'defined' };
      case 'ServiceRetired':
        return { status: 'absent' };
      default:
        return state;
    }
  },
};

/** Sorted and each once, so that the same rule is the same event. */
const wellFormed = ({ namespace, runs, callers, port, enforced }: ServiceId & ServiceRule): ServiceRule => {
  const rule = { runs: settled('runs', runs, MAX_RUNS), callers: settled('callers', callers, MAX_CALLERS) };
  if (rule.runs.length === 0) throw new InvalidValueError('runs', 'at least one identity runs a service');
  // Who rules a namespace says who serves there, and nothing of anybody else's workloads.
  const foreign = rule.runs.find((identity) => namespaceOf(identity) !== namespace);
  if (foreign) throw new InvalidValueError('runs', `${foreign} is not of the namespace ${namespace}`);
  const text = [...rule.runs, ...rule.callers].reduce((sum, identity) => sum + identity.length, 0);
  if (text > MAX_TEXT) throw new InvalidValueError('callers', `all identities together are ${MAX_TEXT} characters`);
  if (port !== undefined) demandPort(port);
  return { ...rule, ...(port === undefined ? {} : { port }), enforced };
};

const settled = (field: string, identities: readonly SpiffeId[], most: number): readonly SpiffeId[] => {
  if (identities.length > most) throw new InvalidValueError(field, `at most ${most}`);
  const other = identities.find((identity) => !isWorkload(identity));
  if (other) throw new InvalidValueError(field, `${other} is not a workload's identity`);
  return [...new Set(identities)].sort();
};

const isWorkload = (identity: SpiffeId): boolean => {
  const [, trustDomain = ''] = /^spiffe:\/\/([^/]+)/.exec(identity) ?? [];
  return parseIdentity(identity, trustDomain).kind === 'workload';
};

const same = (one: ServiceRule, other: ServiceRule): boolean =>
  one.enforced === other.enforced &&
  one.port === other.port &&
  one.runs.join(' ') === other.runs.join(' ') &&
  one.callers.join(' ') === other.callers.join(' ');
