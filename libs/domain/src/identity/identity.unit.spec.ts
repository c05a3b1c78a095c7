import { describe, expect, it } from 'vitest';
import { fold } from '../shared/decider.js';
import { at, identity } from '../testing/fixtures.js';
import { cellsOf, outcomeOf, specificationFor } from '../testing/specification.js';
import {
  type Grant,
  type IdentityCommand,
  identityDecider,
  type IdentityEvent,
  type IdentityState,
} from './identity.js';

const given = specificationFor(identityDecider);
const grant: Grant = { role: 'operator', namespaces: ['shop'] };
const registered: IdentityEvent = { type: 'IdentityRegistered', data: { identity, grant, registeredAt: at(0) } };
const suspended: IdentityEvent = { type: 'IdentitySuspended', data: { identity, suspendedAt: at(1) } };
const reinstated: IdentityEvent = { type: 'IdentityReinstated', data: { identity, reinstatedAt: at(2) } };

const histories = {
  unregistered: [],
  active: [registered],
  suspended: [registered, suspended],
  reinstated: [registered, suspended, reinstated],
} satisfies Record<IdentityState['status'], IdentityEvent[]> & Record<string, IdentityEvent[]>;
const commands: { [Type in IdentityCommand['type']]: IdentityCommand & { type: Type } } = {
  RegisterIdentity: { type: 'RegisterIdentity', identity, now: at(9) },
  SuspendIdentity: { type: 'SuspendIdentity', identity, now: at(9) },
  ReinstateIdentity: { type: 'ReinstateIdentity', identity, now: at(9) },
};
const table: Record<keyof typeof histories, Record<IdentityCommand['type'], string>> = {
  unregistered: {
    RegisterIdentity: 'IdentityRegistered',
    SuspendIdentity: 'IDENTITY_NOT_REGISTERED',
    ReinstateIdentity: 'IDENTITY_NOT_REGISTERED',
  },
  active: {
    RegisterIdentity: 'IDENTITY_ALREADY_REGISTERED',
    SuspendIdentity: 'IdentitySuspended',
    ReinstateIdentity: 'IDENTITY_NOT_SUSPENDED',
  },
  suspended: {
    RegisterIdentity: 'IDENTITY_ALREADY_REGISTERED',
    SuspendIdentity: 'nothing',
    ReinstateIdentity: 'IdentityReinstated',
  },
  reinstated: {
    RegisterIdentity: 'IDENTITY_ALREADY_REGISTERED',
    SuspendIdentity: 'IdentitySuspended',
    ReinstateIdentity: 'IDENTITY_NOT_SUSPENDED',
  },
};

it.each(cellsOf(histories, commands, table))('$state: $name → $expected', ({ history, command, expected }) =>
  expect(outcomeOf(identityDecider, history, command)).toBe(expected),
);

describe('events', () => {
  it('carry the grant', () =>
    given([])
      .when({ type: 'RegisterIdentity', identity, grant, now: at(0) })
      .then([registered]));
  it('carry no grant where none was given', () =>
    given([])
      .when({ type: 'RegisterIdentity', identity, now: at(0) })
      .then([{ type: 'IdentityRegistered', data: { identity, registeredAt: at(0) } }]));
  it('date a suspension', () =>
    given([registered])
      .when({ type: 'SuspendIdentity', identity, now: at(1) })
      .then([suspended]));
  it('date a reinstatement', () =>
    given([registered, suspended])
      .when({ type: 'ReinstateIdentity', identity, now: at(2) })
      .then([reinstated]));
});

describe('evolve', () => {
  it('keeps the grant through suspension and reinstatement', () => {
    const active = { status: 'active', identity, grant, registeredAt: at(0) };
    expect(fold(identityDecider, histories.active)).toEqual(active);
    expect(fold(identityDecider, histories.suspended)).toEqual({ ...active, status: 'suspended', suspendedAt: at(1) });
    expect(fold(identityDecider, histories.reinstated)).toEqual(active);
  });
  it.each(Object.values(histories))('ignores events it does not know', (...history) => {
    const state = fold(identityDecider, history);
    expect(fold({ ...identityDecider, initial: state }, [{ type: 'IdentityRemoved', data: {} }])).toBe(state);
  });
  it('does not reinstate by a second registration', () =>
    expect(fold(identityDecider, [registered, suspended, registered]).status).toBe('suspended'));
  it.each([suspended, reinstated])('leaves what was never registered ($type)', (event) =>
    expect(fold(identityDecider, [event])).toEqual({ status: 'unregistered' }),
  );
});
