import { describe, expect, it } from 'vitest';
import { decideRequest, type RequestFacts, requestFacts } from './decide-request.js';

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
const decide = (change: Partial<RequestFacts> = {}, asked: Parameters<typeof decideRequest>[1] = csr) =>
  decideRequest({ ...facts, ...change }, asked, identityOf);
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
    expect(reason(decideRequest(facts, undefined, identityOf))).toBe('UnreadableRequest'));

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
