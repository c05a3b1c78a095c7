import { expect, it } from 'vitest';
import { parseIdentity } from '../identity/spiffe-id.js';
import { fold } from '../shared/decider.js';
import { parseNodeName } from '../shared/ids.js';
import { at, identity } from '../testing/fixtures.js';
import { cellsOf, outcomeOf, specificationFor } from '../testing/specification.js';
import {
  type PlacementCommand,
  placementDecider,
  type PlacementEvent,
  type PlacementState,
  type Selector,
} from './placement.js';

const given = specificationFor(placementDecider);
const node = parseNodeName('node-7');
const selectors = [{ uid: 1000, path: '/usr/bin/cart' }, { gid: 0 }];
const placed: PlacementEvent = { type: 'IdentityPlaced', data: { identity, node, selectors, placedAt: at(0) } };
const displaced: PlacementEvent = { type: 'IdentityDisplaced', data: { identity, node, displacedAt: at(1) } };

const histories = { absent: [], placed: [placed], displaced: [placed, displaced] } satisfies Record<
  PlacementState['status'],
  PlacementEvent[]
> &
  Record<string, PlacementEvent[]>;
const commands = {
  PlaceIdentity: { type: 'PlaceIdentity', identity, node, selectors, now: at(0) },
  DisplaceIdentity: { type: 'DisplaceIdentity', identity, node, now: at(1) },
} as const satisfies { [Type in PlacementCommand['type']]: PlacementCommand & { type: Type } };
const table: Record<keyof typeof histories, Record<PlacementCommand['type'], string>> = {
  absent: { PlaceIdentity: 'IdentityPlaced', DisplaceIdentity: 'nothing' },
  placed: { PlaceIdentity: 'nothing', DisplaceIdentity: 'IdentityDisplaced' },
  displaced: { PlaceIdentity: 'IdentityPlaced', DisplaceIdentity: 'nothing' },
};
it.each(cellsOf(histories, commands, table))('$state: $name → $expected', ({ history, command, expected }) =>
  expect(outcomeOf(placementDecider, history, command)).toBe(expected),
);

it('records which processes have the identity', () => given([]).when(commands.PlaceIdentity).then([placed]));
it('replaces selectors by others', () => {
  const other = { ...commands.PlaceIdentity, selectors: [{ uid: 1 }] };
  given([placed])
    .when(other)
    .then([{ type: 'IdentityPlaced', data: { identity, node, selectors: [{ uid: 1 }], placedAt: at(0) } }]);
});

it.each<[string, readonly Selector[], string]>([
  ['nothing', [], 'IdentityPlaced'],
  ['a selector with nothing', [{}], 'INVALID_VALUE'],
  ['a negative uid', [{ uid: -1 }], 'INVALID_VALUE'],
  ['a gid of 33 bits', [{ gid: 2 ** 32 }], 'INVALID_VALUE'],
  ['half a uid', [{ uid: 0.5 }], 'INVALID_VALUE'],
  ['a relative path', [{ path: 'bin/cart' }], 'INVALID_VALUE'],
  ['a path with a NUL', [{ path: '/bin/cart\0' }], 'INVALID_VALUE'],
  ['a path of 1 025 characters', [{ path: `/${'a'.repeat(1_024)}` }], 'INVALID_VALUE'],
  ['seventeen selectors', Array(17).fill({ uid: 1 }), 'INVALID_VALUE'],
])('%s → %3$s', (_, wanted, expected) =>
  expect(outcomeOf(placementDecider, [], { ...commands.PlaceIdentity, selectors: wanted })).toBe(expected),
);

it('is for workloads alone', () => {
  const { id } = parseIdentity('spiffe://cluster.local/cartulary/operator/me', 'cluster.local');
  expect(outcomeOf(placementDecider, [], { ...commands.PlaceIdentity, identity: id })).toBe('IDENTITY_NOT_PLACEABLE');
});
it('ignores events it does not know', () => {
  const state = fold(placementDecider, [placed]);
  expect(fold({ ...placementDecider, initial: state }, [{ type: 'FromTheFuture', data: {} }])).toBe(state);
});
