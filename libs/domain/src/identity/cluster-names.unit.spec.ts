import { describe, expect, it } from 'vitest';
import { serviceOfDnsName } from './cluster-names.js';

const of = (name: string) => serviceOfDnsName(name, 'shop', 'cluster.local');

describe('DNS names of Services', () => {
  it.each(['cart.shop', 'cart.shop.svc', 'cart.shop.svc.cluster.local'])('knows %s', (name) =>
    expect(of(name)).toBe('cart'),
  );

  it.each([
    'cart',
    'shop',
    '.shop',
    'cart.pay',
    'cart.pay.svc',
    'cart.pay.svc.cluster.local',
    'cart.shop.svc.example.org',
    'cart.shop.svc.cluster.local.example.org',
    'cart.shop.svc.cluster.local.',
    'cart.shop.example.org',
    'a.cart.shop.svc',
    '*.shop.svc',
    '-cart.shop.svc',
    'cart-.shop.svc',
    'CART.shop.svc',
    'cart.xshop',
    `${'a'.repeat(64)}.shop`,
    '',
  ])('knows no Service of the namespace in %j', (name) => expect(of(name)).toBeUndefined());

  it('is not misled by a namespace that is named as a suffix is', () => {
    expect(serviceOfDnsName('cart.svc', 'svc', 'cluster.local')).toBe('cart');
    expect(serviceOfDnsName('cart.shop.svc', 'svc', 'cluster.local')).toBeUndefined();
  });
});
