import type { NodeName, SpiffeId } from '@cartulary/domain';
import { beforeEach, expect, it } from 'vitest';
import { Placements } from './placements.js';

const cart = 'spiffe://cluster.local/ns/shop/sa/cart' as SpiffeId;
const pay = 'spiffe://cluster.local/ns/bank/sa/pay' as SpiffeId;
const [one, two] = ['node-1', 'node-2'] as [NodeName, NodeName];

let placements: Placements;
let position: number;
beforeEach(() => {
  placements = new Placements({} as never, {} as never);
  position = 0;
});
const apply = (type: string, data: object): void =>
  placements.apply({ type, data: data as never, position: ++position });
const place = (identity: SpiffeId, node: NodeName, uid = 1): void =>
  apply('IdentityPlaced', { identity, node, selectors: [{ uid }], placedAt: '2026-03-01T12:00:00.000Z' });
const ids = (node: NodeName): SpiffeId[] => placements.on(node).map(({ identity }) => identity);

it('knows what is on a node, and where an identity is', () => {
  place(cart, two);
  place(cart, one);
  place(pay, one);
  expect(ids(one)).toEqual([cart, pay]);
  expect(placements.of(cart).map(({ node }) => node)).toEqual([one, two]);
  apply('IdentityDisplaced', { identity: cart, node: one });
  expect(ids(one)).toEqual([pay]);
  expect(placements.of(cart).map(({ node }) => node)).toEqual([two]);
  expect(placements.position).toBe(4);
});
it('replaces what was said before', () => {
  place(cart, one);
  place(cart, one, 2);
  expect(placements.on(one)).toMatchObject([{ selectors: [{ uid: 2 }], position: 2 }]);
});
it('tells those whom it concerns', () => {
  const told: string[] = [];
  const end = placements.onChange(one, () => told.push('one'));
  placements.onChange(two, () => told.push('two'));
  place(cart, one);
  apply('IdentitySuspended', { identity: cart });
  expect(placements.isSuspended(cart)).toBe(true);
  apply('IdentitySuspended', { identity: pay });
  expect(told).toEqual(['one', 'one']);
  end();
  apply('IdentityReinstated', { identity: cart });
  expect(placements.isSuspended(cart)).toBe(false);
  place(pay, two);
  expect(told).toEqual(['one', 'one', 'two']);
});
it('passes over what never was there', () => {
  apply('IdentityDisplaced', { identity: cart, node: one });
  expect(ids(one)).toEqual([]);
});
