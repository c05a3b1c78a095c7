import { expect, it } from 'vitest';
import { parseIdentity } from '../identity/spiffe-id.js';
import { fold } from '../shared/decider.js';
import { at, identity, otherIdentity } from '../testing/fixtures.js';
import { cellsOf, outcomeOf } from '../testing/specification.js';
import {
  type MutualTlsCommand,
  mutualTlsDecider,
  type MutualTlsEvent,
  mutualTlsKey,
  type MutualTlsMode,
  mutualTlsOf,
  mutualTlsOfService,
  type MutualTlsScope,
  type MutualTlsState,
} from './mutual-tls.js';

const set: MutualTlsEvent = { type: 'MutualTlsSet', data: { namespace: 'shop', mode: 'permissive', setAt: at(0) } };
const cleared: MutualTlsEvent = { type: 'MutualTlsCleared', data: { namespace: 'shop', clearedAt: at(1) } };
const scope = { namespace: 'shop' };
const histories = { unset: [], set: [set], cleared: [set, cleared] } satisfies Record<
  MutualTlsState['status'],
  MutualTlsEvent[]
> &
  Record<string, MutualTlsEvent[]>;
const commands = {
  SetMutualTls: { type: 'SetMutualTls', scope, mode: 'permissive', now: at(0) },
  ClearMutualTls: { type: 'ClearMutualTls', scope, now: at(1) },
} as const satisfies { [Type in MutualTlsCommand['type']]: MutualTlsCommand & { type: Type } };
const table: Record<keyof typeof histories, Record<MutualTlsCommand['type'], string>> = {
  unset: { SetMutualTls: 'MutualTlsSet', ClearMutualTls: 'nothing' },
  set: { SetMutualTls: 'nothing', ClearMutualTls: 'MutualTlsCleared' },
  cleared: { SetMutualTls: 'MutualTlsSet', ClearMutualTls: 'nothing' },
};
it.each(cellsOf(histories, commands, table))('$state: $name → $expected', ({ history, command, expected }) =>
  expect(outcomeOf(mutualTlsDecider, history, command)).toBe(expected),
);
it('changes to another mode', () =>
  expect(outcomeOf(mutualTlsDecider, [set], { ...commands.SetMutualTls, mode: 'strict' })).toBe('MutualTlsSet'));
it('ignores events it does not know', () => {
  const state = fold(mutualTlsDecider, [set]);
  expect(fold({ ...mutualTlsDecider, initial: state }, [{ type: 'FromTheFuture', data: {} }])).toBe(state);
});

const operator = parseIdentity('spiffe://cluster.local/cartulary/operator/ann', 'cluster.local').id;
it.each<[string, MutualTlsScope, string]>([
  ['the mesh', {}, 'MutualTlsSet'],
  ['a namespace', { namespace: 'shop' }, 'MutualTlsSet'],
  ['a workload', { identity }, 'MutualTlsSet'],
  ['a port of a workload', { identity, port: 8080 }, 'MutualTlsSet'],
  ['a port of nobody', { port: 8080 }, 'INVALID_VALUE'],
  ['a port of a namespace', { namespace: 'shop', port: 8080 }, 'INVALID_VALUE'],
  ['a namespace and a workload', { namespace: 'shop', identity }, 'INVALID_VALUE'],
  ['a namespace with a slash', { namespace: 'a/b' }, 'INVALID_VALUE'],
  ['an operator', { identity: operator }, 'INVALID_VALUE'],
  ['port 0', { identity, port: 0 }, 'INVALID_VALUE'],
])('%s → %3$s', (_, wanted, expected) =>
  expect(outcomeOf(mutualTlsDecider, [], { ...commands.SetMutualTls, scope: wanted })).toBe(expected),
);

it('the narrowest wins, whichever of the four are set', () => {
  const narrowing: readonly MutualTlsScope[] = [{}, { namespace: 'shop' }, { identity }, { identity, port: 80 }];
  const all: readonly (MutualTlsMode | undefined)[] = ['disabled', 'permissive', 'strict', undefined];
  for (let cell = 0; cell < 4 ** 4; cell++) {
    const chosen = narrowing.map((_, index) => all[Math.floor(cell / 4 ** index) % 4]);
    const modes = new Map<string, MutualTlsMode>();
    chosen.forEach((mode, index) => mode && modes.set(mutualTlsKey(narrowing[index]!), mode));
    const narrowest = (upTo: number): MutualTlsMode =>
      chosen.slice(0, upTo).findLast((mode) => mode !== undefined) ?? 'strict';
    expect(mutualTlsOf(modes, { identity, port: 80 })).toBe(narrowest(4));
    expect(mutualTlsOf(modes, { identity, port: 81 })).toBe(narrowest(3));
    expect(mutualTlsOf(modes, { identity })).toBe(narrowest(3));
    expect(mutualTlsOf(modes, { identity: otherIdentity, port: 80 })).toBe(narrowest(2));
    const elsewhere = parseIdentity('spiffe://cluster.local/ns/bank/sa/cart', 'cluster.local').id;
    expect(mutualTlsOf(modes, { identity: elsewhere })).toBe(narrowest(1));
  }
});

it('a service is as strict as the strictest of those that run it', () => {
  const modes = new Map<string, MutualTlsMode>([
    ['mesh', 'disabled'],
    [mutualTlsKey({ identity }), 'permissive'],
  ]);
  expect(mutualTlsOfService(modes, { runs: [otherIdentity] })).toBe('disabled');
  expect(mutualTlsOfService(modes, { runs: [identity, otherIdentity] })).toBe('permissive');
  modes.set(mutualTlsKey({ identity: otherIdentity, port: 80 }), 'strict');
  expect(mutualTlsOfService(modes, { runs: [identity, otherIdentity], port: 80 })).toBe('strict');
});
