import { expect, it } from 'vitest';
import { parseIdentity, type SpiffeId } from '../identity/spiffe-id.js';
import { fold } from '../shared/decider.js';
import { at, identity, otherIdentity } from '../testing/fixtures.js';
import { cellsOf, outcomeOf, specificationFor } from '../testing/specification.js';
import { type ServiceCommand, serviceDecider, type ServiceEvent, type ServiceState } from './service.js';
import { parseServiceId, serviceText } from './service-id.js';

const given = specificationFor(serviceDecider);
const spiffe = (path: string): SpiffeId => parseIdentity(`spiffe://cluster.local/${path}`, 'cluster.local').id;
const frontend = spiffe('ns/web/sa/frontend');
const rule = { runs: [identity], callers: [frontend], port: 8443, enforced: true };
const service = parseServiceId('shop', 'cart');
const defined: ServiceEvent = { type: 'ServiceDefined', data: { ...service, ...rule, definedAt: at(0) } };
const retired: ServiceEvent = { type: 'ServiceRetired', data: { ...service, retiredAt: at(1) } };

const histories = { absent: [], defined: [defined], retired: [defined, retired] } satisfies Record<
  ServiceState['status'],
  ServiceEvent[]
> &
  Record<string, ServiceEvent[]>;
const commands = {
  DefineService: { type: 'DefineService', ...service, ...rule, now: at(0) },
  RetireService: { type: 'RetireService', ...service, now: at(1) },
} as const satisfies { [Type in ServiceCommand['type']]: ServiceCommand & { type: Type } };
const table: Record<keyof typeof histories, Record<ServiceCommand['type'], string>> = {
  absent: { DefineService: 'ServiceDefined', RetireService: 'SERVICE_NOT_FOUND' },
  defined: { DefineService: 'nothing', RetireService: 'ServiceRetired' },
  retired: { DefineService: 'ServiceDefined', RetireService: 'SERVICE_NOT_FOUND' },
};
it.each(cellsOf(histories, commands, table))('$state: $name → $expected', ({ history, command, expected }) =>
  expect(outcomeOf(serviceDecider, history, command)).toBe(expected),
);

it('records who runs it and who may call it, sorted, each once', () =>
  given([])
    .when({ ...commands.DefineService, runs: [otherIdentity, identity, otherIdentity] })
    .then([{ type: 'ServiceDefined', data: { ...defined.data, runs: [identity, otherIdentity] } } as ServiceEvent]));
it('is the same rule in another order', () => {
  const both = { ...commands.DefineService, callers: [frontend, identity] };
  const [event] = serviceDecider.decide(both, { status: 'absent' });
  expect(outcomeOf(serviceDecider, [event!], { ...both, callers: [identity, frontend] })).toBe('nothing');
});
it.each([
  ['runs', { runs: [otherIdentity] }],
  ['callers', { callers: [] }],
  ['port', { port: 8444 }],
  ['enforced', { enforced: false }],
])('is another rule with other %s', (_, change) =>
  expect(outcomeOf(serviceDecider, [defined], { ...commands.DefineService, ...change })).toBe('ServiceDefined'),
);
it('needs no port', () => {
  const { port: _, ...without } = commands.DefineService;
  const [event] = serviceDecider.decide(without, { status: 'absent' });
  expect(event!.data).not.toHaveProperty('port');
});

const many = (count: number, length = 1): SpiffeId[] =>
  Array.from({ length: count }, (_, index) => spiffe(`ns/shop/sa/${String(index).padEnd(length, 'x')}`));
it.each<[string, object, string]>([
  ['nobody who runs it', { runs: [] }, 'INVALID_VALUE'],
  ['64 who run it', { runs: many(64) }, 'ServiceDefined'],
  ['65 who run it', { runs: many(65) }, 'INVALID_VALUE'],
  ['one of another namespace who runs it', { runs: [identity, frontend] }, 'INVALID_VALUE'],
  ['an operator who runs it', { runs: [spiffe('cartulary/operator/ann')] }, 'INVALID_VALUE'],
  ['nobody who may call it', { callers: [] }, 'ServiceDefined'],
  ['an agent who may call it', { callers: [spiffe('cartulary/agent/node-1')] }, 'INVALID_VALUE'],
  ['1 025 who may call it', { callers: many(1_025) }, 'INVALID_VALUE'],
  ['callers of 48 000 characters', { callers: many(200, 253) }, 'INVALID_VALUE'],
  ['port 0', { port: 0 }, 'INVALID_VALUE'],
  ['port 65535', { port: 65_535 }, 'ServiceDefined'],
  ['port 65536', { port: 65_536 }, 'INVALID_VALUE'],
  ['half a port', { port: 80.5 }, 'INVALID_VALUE'],
])('%s → %3$s', (_, change, expected) =>
  expect(outcomeOf(serviceDecider, [], { ...commands.DefineService, ...change })).toBe(expected),
);

it('has a name that is one label, and so one text', () => {
  expect(serviceText(parseServiceId('team.a', 'cart'))).toBe('cart.team.a');
  for (const name of ['', 'Cart', 'cart.x', '-cart', 'cart-', 'a'.repeat(64), 'ca/rt']) {
    expect(() => parseServiceId('shop', name)).toThrow(/name/);
  }
  for (const namespace of ['', '.', '..', 'a/b', 'a b', 'a'.repeat(254)]) {
    expect(() => parseServiceId(namespace, 'cart')).toThrow(/namespace/);
  }
});
it('ignores events it does not know', () => {
  const state = fold(serviceDecider, [defined]);
  expect(fold({ ...serviceDecider, initial: state }, [{ type: 'FromTheFuture', data: {} }])).toBe(state);
});
