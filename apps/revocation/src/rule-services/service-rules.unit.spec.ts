import { beforeEach, describe, expect, it } from 'vitest';
import { type MutualTlsEvent, parseIdentity, type ServiceEvent, type SpiffeId, timestamp } from '@cartulary/domain';
import { ServiceRulesDirectory } from './service-rules.js';

const spiffe = (path: string): SpiffeId => parseIdentity(`spiffe://cluster.local/${path}`, 'cluster.local').id;
const [front, back, store] = ['frontend', 'backend', 'datastore'].map((name) => spiffe(`ns/photo/sa/${name}`)) as [
  SpiffeId,
  SpiffeId,
  SpiffeId,
];
const at = timestamp(new Date('2026-11-22T12:00:00Z'));
const service = (name: string, runs: SpiffeId[], callers: SpiffeId[], more: object = {}): ServiceEvent => ({
  type: 'ServiceDefined',
  data: { namespace: 'photo', name, runs, callers, enforced: true, definedAt: at, ...more },
});

let rules: ServiceRulesDirectory;
let position: number;
beforeEach(() => {
  rules = new ServiceRulesDirectory({} as never);
  position = 0;
});
const apply = (...events: (ServiceEvent | MutualTlsEvent)[]): void =>
  events.forEach((event) => rules.apply({ ...event, position: ++position } as never));
const named = (...identities: SpiffeId[]): string[] => rules.concerning(identities).map((rule) => rule.service);

describe('the rules of services', () => {
  it('concern who runs a service and who may call it', () => {
    apply(service('backend', [back], [front]), service('datastore', [store], [back]));
    expect(named(front)).toEqual(['backend.photo']);
    expect(named(back)).toEqual(['backend.photo', 'datastore.photo']);
    expect(named(store)).toEqual(['datastore.photo']);
    expect(named(front, store)).toEqual(['backend.photo', 'datastore.photo']);
    expect(named(spiffe('ns/shop/sa/cart'))).toEqual([]);
    expect(rules.concerning([front])).toEqual([
      { service: 'backend.photo', runs: [back], callers: [front], mode: 'strict', enforced: true },
    ]);
  });
  it('are replaced, and are over when the service is retired', () => {
    apply(service('backend', [back], [front]), service('backend', [back], [store]));
    expect([named(front), named(store)]).toEqual([[], ['backend.photo']]);
    apply({ type: 'ServiceRetired', data: { namespace: 'photo', name: 'backend', retiredAt: at } });
    expect([named(back), rules.services()]).toEqual([[], []]);
    expect(rules.position).toBe(3);
  });
  it('have the mode of the narrowest scope', () => {
    apply(service('backend', [back], [], { port: 80 }), service('metrics', [back], [], { port: 81 }));
    const modes = (): string[] => rules.concerning([back]).map(({ mode }) => mode);
    apply({ type: 'MutualTlsSet', data: { mode: 'permissive', setAt: at } });
    expect(modes()).toEqual(['permissive', 'permissive']);
    apply({ type: 'MutualTlsSet', data: { identity: back, port: 81, mode: 'disabled', setAt: at } });
    expect(modes()).toEqual(['permissive', 'disabled']);
    expect(rules.scopes().map(({ mode }) => mode)).toEqual(['permissive', 'disabled']);
    apply({ type: 'MutualTlsCleared', data: { clearedAt: at } });
    expect(modes()).toEqual(['strict', 'disabled']);
  });
});
