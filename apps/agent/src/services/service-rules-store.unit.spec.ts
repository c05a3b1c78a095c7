import { expect, it } from 'vitest';
import type { ServiceRules } from '../mesh/service-rules.js';
import { ServiceRulesStore } from './service-rules-store.js';

const rule: ServiceRules = { service: 'cart.shop', runs: ['a'], callers: ['b'], mode: 'strict', enforced: true };

it('knows nothing until it is told, which may be that there are no rules', () => {
  const store = new ServiceRulesStore();
  expect(store.all).toBeUndefined();
  store.replace([]);
  expect(store.all).toEqual([]);
});
it('tells of changes alone', () => {
  const store = new ServiceRulesStore();
  let told = 0;
  const end = store.onChange(() => told++);
  store.replace([rule]);
  store.replace([{ ...rule }]);
  expect(told).toBe(1);
  store.replace([{ ...rule, mode: 'permissive' }]);
  expect([told, store.all?.[0]?.mode]).toEqual([2, 'permissive']);
  end();
  store.replace([]);
  expect(told).toBe(2);
});
