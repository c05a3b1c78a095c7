import { InvalidValueError, type RequestedProfile } from '@cartulary/domain';
import type { KeyUsageName } from '@cartulary/x509';
import { describe, expect, it } from 'vitest';
import { ada, bank, cart, relay } from '../testing/issuance.fixture.spec.js';
import { settleSubject } from './subject.js';

interface Asked {
  readonly profile?: RequestedProfile;
  readonly identity?: string;
  readonly uris?: readonly string[];
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly usage?: readonly KeyUsageName[];
}

const settle = ({ profile = 'workload', identity, uris = [], dnsNames = [], ipAddresses = [], usage }: Asked) =>
  settleSubject(
    { uris, dnsNames, ipAddresses, ...(usage ? { requestedKeyUsage: usage } : {}) },
    { profile, ...(identity === undefined ? {} : { identity }) },
    'cluster.local',
  );
const agent = 'spiffe://cluster.local/cartulary/agent/node-1';

describe('settleSubject', () => {
  it.each<[string, Asked, string | undefined]>([
    ['the identity asked for', { identity: cart }, cart],
    ['the CSR’s', { uris: [cart] }, cart],
    ['both where they agree', { identity: cart, uris: [cart] }, cart],
    ['an operator', { profile: 'operator', identity: ada }, ada],
    ['a service', { profile: 'service', identity: relay }, relay],
    ['an agent, which is a service', { profile: 'service', uris: [agent] }, agent],
    ['a server’s owner', { profile: 'server', identity: cart, dnsNames: ['cart.shop'] }, cart],
    ['nobody for a server without owner', { profile: 'server', ipAddresses: ['10.0.0.1'] }, undefined],
    ['nobody for a responder, whatever its CSR says', { profile: 'ocsp-signing', dnsNames: ['x.example'] }, undefined],
  ])('takes %s', (_, asked, id) => expect(settle(asked).identity?.id).toBe(id));

  it('gives names to servers only', () => {
    const names = { dnsNames: ['cart.shop'], ipAddresses: ['10.0.0.1'] };
    expect(settle({ profile: 'server', ...names })).toEqual(names);
    expect(settle({ profile: 'ocsp-signing', ...names })).toEqual({ dnsNames: [], ipAddresses: [] });
    expect(settle({ identity: cart })).toMatchObject({ dnsNames: [], ipAddresses: [] });
  });

  it.each<[string, Asked, string]>([
    ['no identity at all', {}, 'IDENTITY_REQUIRED'],
    ['two URIs', { uris: [cart, bank] }, 'CSR_WRONG_IDENTITY'],
    ['two URIs beside the identity asked for', { identity: cart, uris: [cart, bank] }, 'CSR_WRONG_IDENTITY'],
    ['a CSR for another identity', { identity: cart, uris: [bank] }, 'CSR_WRONG_IDENTITY'],
    ['a DNS name in a workload', { identity: cart, dnsNames: ['localhost'] }, 'NAME_NOT_ALLOWED'],
    ['an address in an operator', { profile: 'operator', identity: ada, ipAddresses: ['::1'] }, 'NAME_NOT_ALLOWED'],
    ['a system identity as a workload', { identity: ada }, 'IDENTITY_NOT_ALLOWED'],
    ['a workload as an operator', { profile: 'operator', identity: cart }, 'IDENTITY_NOT_ALLOWED'],
    ['a service as an operator', { profile: 'operator', identity: relay }, 'IDENTITY_NOT_ALLOWED'],
    ['an operator as a service', { profile: 'service', identity: ada }, 'IDENTITY_NOT_ALLOWED'],
    ['a server with a URI', { profile: 'server', uris: [cart], dnsNames: ['a.example'] }, 'NAME_NOT_ALLOWED'],
    ['a server without a name', { profile: 'server', identity: cart }, 'NAMES_REQUIRED'],
    ['a key that would sign certificates', { identity: cart, usage: ['keyCertSign'] }, 'PROFILE_NOT_ALLOWED'],
    ['a key that would sign CRLs', { profile: 'ocsp-signing', usage: ['cRLSign'] }, 'PROFILE_NOT_ALLOWED'],
  ])('refuses %s', (_, asked, code) => expect(() => settle(asked)).toThrow(expect.objectContaining({ code })));

  it.each([
    'spiffe://evil.example/ns/shop/sa/cart',
    'spiffe://cluster.local.evil.example/ns/shop/sa/cart',
    'spiffe://cluster.local:80/ns/shop/sa/cart',
    'spiffe://cluster.local/ns/shop',
    'spiffe://cluster.local/ns/shop/sa/../../cartulary/operator/ada',
    'spiffe://cluster.local/cartulary/root/ada',
    'https://cluster.local/ns/shop/sa/cart',
  ])('refuses %s, by request or CSR, for any profile', (identity) => {
    for (const profile of ['workload', 'operator', 'service'] as const) {
      expect(() => settle({ profile, identity })).toThrow(InvalidValueError);
      expect(() => settle({ profile, uris: [identity] })).toThrow(InvalidValueError);
    }
    expect(() => settle({ profile: 'server', identity, dnsNames: ['a.example'] })).toThrow(InvalidValueError);
  });
});
