import { parseIdentity, type Role } from '@cartulary/domain';
import { describe, expect, it } from 'vitest';
import { type Caller, demand, demandReach, demandReachOf, reaches, systemCaller } from './caller.js';
import { ForbiddenError } from './errors.js';

const callerOf = (role: Role, namespaces?: readonly string[]): Caller => ({
  kind: 'token',
  actor: { id: 'token/x', credential: 'token:x' },
  grant: { role, ...(namespaces ? { namespaces } : {}) },
});
const identity = (path: string) => parseIdentity(`spiffe://cluster.local/${path}`, 'cluster.local');
const cart = identity('ns/shop/sa/cart');
const pay = identity('ns/bank/sa/pay');
const shopper = identity('ns/shopping/sa/cart');
const ada = identity('cartulary/operator/ada');

describe('the reach of a grant', () => {
  it.each<[string, Caller, boolean[]]>([
    // cart, pay, shopper, ada, no identity
    ['admin', callerOf('admin'), [true, true, true, true, true]],
    ['auditor', callerOf('auditor'), [true, true, true, true, true]],
    ['operator', callerOf('operator'), [true, true, true, false, true]],
    ['issuer', callerOf('issuer'), [true, true, true, false, true]],
    ['admin of shop', callerOf('admin', ['shop']), [true, false, false, false, false]],
    ['issuer of shop and bank', callerOf('issuer', ['shop', 'bank']), [true, true, false, false, false]],
    ['issuer of nothing', callerOf('issuer', []), [false, false, false, false, false]],
    ['service', callerOf('service'), [false, false, false, false, false]],
    ['system', systemCaller('x'), [true, true, true, true, true]],
  ])('of an %s', (_, caller, expected) => {
    expect([cart, pay, shopper, ada, undefined].map((one) => reaches(caller, one))).toEqual(expected);
  });

  it('is demanded', () => {
    const shop = callerOf('issuer', ['shop']);
    expect(() => demandReach(shop, cart)).not.toThrow();
    expect(() => demandReach(shop, pay)).toThrow(ForbiddenError);
    expect(() => demandReachOf(shop, pay.id, 'cluster.local')).toThrow(ForbiddenError);
    expect(() => demandReachOf(shop, undefined, 'cluster.local')).toThrow(ForbiddenError);
  });
});

describe('a role', () => {
  it('may what the contract gives it', () => {
    expect(() => demand(callerOf('issuer'), 'certificates:issue')).not.toThrow();
    expect(() => demand(callerOf('issuer'), 'revocations:write')).toThrow(ForbiddenError);
    expect(() => demand(callerOf('auditor'), 'certificates:issue')).toThrow(ForbiddenError);
  });
});
