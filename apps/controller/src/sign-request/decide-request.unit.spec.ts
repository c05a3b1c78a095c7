import { describe, expect, it } from 'vitest';
import { decideRequest, refuseNames, type RequestFacts, requestFacts } from './decide-request.js';

const identityOf = ({ namespace, name }: { namespace: string; name: string }) =>
  `spiffe://cluster.local/ns/${namespace}/sa/${name}`;
const facts: RequestFacts = {
  name: 'one',
  uid: 'uid',
  request: '',
  username: 'system:serviceaccount:shop:cart',
  usages: ['digital signature', 'client auth'],
  approved: true,
  over: false,
};
const csr = { uris: ['spiffe://cluster.local/ns/shop/sa/cart'], dnsNames: [], ipAddresses: [] };
const decide = (change: Partial<RequestFacts> = {}, asked: Parameters<typeof decideRequest>[2] = csr) =>
  decideRequest('workload', { ...facts, ...change }, asked, identityOf);
const reason = (decision: ReturnType<typeof decide>) =>
  decision.type === 'fail' ? decision.refusal.reason : decision.type;

describe('a CertificateSigningRequest', () => {
  it('is signed for the service account that made it', () => {
    const signed = { type: 'sign', namespace: 'shop', account: 'cart' };
    expect(decide()).toEqual(signed);
    expect(decide({}, { ...csr, uris: [] })).toEqual(signed);
  });

  it('is left alone until it is approved, and once it is over', () => {
    expect(decide({ approved: false }).type).toBe('none');
    expect(decide({ over: true }).type).toBe('none');
  });

  it.each([
    ['a person', { username: 'jane' }, 'NotAServiceAccount'],
    ['a node', { username: 'system:node:one' }, 'NotAServiceAccount'],
    ['a name with more parts', { username: 'system:serviceaccount:shop:cart:x' }, 'NotAServiceAccount'],
    ['a CA’s usage', { usages: ['cert sign'] }, 'UsageNotAllowed'],
  ])('fails for %s', (_, change, expected) => expect(reason(decide(change))).toBe(expected));

  it.each([
    ['another account', { ...csr, uris: ['spiffe://cluster.local/ns/shop/sa/pay'] }],
    ['another one besides', { ...csr, uris: [...csr.uris, 'spiffe://cluster.local/ns/shop/sa/pay'] }],
    ['another namespace', { ...csr, uris: ['spiffe://cluster.local/ns/pay/sa/cart'] }],
    ['a DNS name', { ...csr, dnsNames: ['cart.shop'] }],
    ['an address', { ...csr, ipAddresses: ['10.0.0.1'] }],
  ])('fails where it names %s', (_, asked) => expect(reason(decide({}, asked))).toBe('WrongIdentity'));

  it('fails where it is no request', () =>
    expect(reason(decideRequest('workload', facts, undefined, identityOf))).toBe('UnreadableRequest'));

  it('is over with a certificate, and with a denial or a failure', () => {
    const spec = { request: '', signerName: 'cartulary.dev/workload', username: 'system:serviceaccount:shop:cart' };
    const conditions = (...types: string[]) => types.map((type) => ({ type, status: 'True' }));
    const states = [
      { certificate: 'x', conditions: conditions('Approved') },
      { conditions: conditions('Denied') },
      { conditions: conditions('Approved', 'Failed') },
    ];
    for (const status of states) expect(requestFacts({ spec, status }).over).toBe(true);
    expect(requestFacts({ spec, status: { conditions: conditions('Approved') } })).toMatchObject({
      approved: true,
      over: false,
    });
    expect(requestFacts({ spec })).toMatchObject({ approved: false, over: false });
  });
});

describe('a CertificateSigningRequest for a server', () => {
  const names = (...dnsNames: string[]) => ({ uris: [], dnsNames, ipAddresses: [] });
  const account = { namespace: 'shop', name: 'cart' };
  const refused = (asked: Parameters<typeof refuseNames>[0], services?: string) =>
    refuseNames(asked, { ...account, ...(services === undefined ? {} : { services }) }, 'cluster.local')?.reason;

  it('is for a service account too, and for no client', () => {
    const decideServer = (change: Partial<RequestFacts>) =>
      reason(decideRequest('server', { ...facts, ...change }, names('cart.shop.svc'), identityOf));
    expect(decideServer({ usages: ['digital signature', 'server auth'] })).toBe('sign');
    expect(decideServer({ usages: ['client auth'] })).toBe('UsageNotAllowed');
    expect(decideServer({ usages: [], username: 'jane' })).toBe('NotAServiceAccount');
  });

  it('names Services that the account runs: its own name, or those it is annotated with', () => {
    expect(refused(names('cart.shop', 'cart.shop.svc', 'cart.shop.svc.cluster.local'))).toBeUndefined();
    expect(refused(names('api.shop.svc', 'web.shop.svc'), 'web, api')).toBeUndefined();
  });

  it.each([
    ['another Service', names('pay.shop.svc'), undefined],
    ['its own name where the annotation names others', names('cart.shop.svc'), 'web'],
    ['another namespace', names('cart.pay.svc'), undefined],
    ['a name outside the cluster', names('cart.shop.svc', 'cart.example.org'), undefined],
    ['every name', names('*.shop.svc'), '*'],
    ['an address', { ...names('cart.shop.svc'), ipAddresses: ['10.0.0.1'] }, undefined],
    ['an identity', { ...names('cart.shop.svc'), uris: ['spiffe://cluster.local/ns/shop/sa/cart'] }, undefined],
  ])('is refused for %s', (_, asked, services) => expect(refused(asked, services)).toBe('WrongName'));

  it('is refused without a name', () => expect(refused(names())).toBe('NoName'));
});
