import { describe, expect, it } from 'vitest';
import { ServiceRulesStore } from '../services/service-rules-store.js';
import type { ServiceRules } from './service-rules.js';
import { ToldRules } from './told-rules.js';

const rulesOf = (service: string, caller: string): ServiceRules => ({
  ...{ service, runs: [`spiffe://cluster.local/ns/shop/sa/${service}`], mode: 'strict', enforced: true },
  callers: [`spiffe://cluster.local/ns/shop/sa/${caller}`],
});

describe('rules of services at the agent', () => {
  const filed = [rulesOf('cart.shop', 'web'), rulesOf('pay.shop', 'web')];

  it('are those of its file until the CA has spoken, and of what it says nothing of', () => {
    const store = new ServiceRulesStore();
    const rules = new ToldRules(store, { services: filed });
    expect(rules.find('cart.shop')).toEqual(filed[0]);
    store.replace([rulesOf('cart.shop', 'nobody')]);
    expect(rules.find('cart.shop')).toEqual(rulesOf('cart.shop', 'nobody'));
    expect(rules.find('pay.shop')).toEqual(filed[1]);
    expect(rules.find('other.shop')).toBeUndefined();
  });

  it('change when the CA says something new', () => {
    const store = new ServiceRulesStore();
    const rules = new ToldRules(store, { services: filed });
    let changes = 0;
    const end = rules.onChange(() => changes++);
    store.replace([rulesOf('cart.shop', 'web')]);
    store.replace([rulesOf('cart.shop', 'web')]);
    expect(changes).toBe(1);
    end();
    store.replace([]);
    expect(changes).toBe(1);
  });
});
