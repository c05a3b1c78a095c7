import { systemCaller } from '@cartulary/access';
import type { Grant } from '@cartulary/domain';
import { TestDomain } from '@cartulary/service/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { GetIdentityHandler, GetIdentityQuery } from '../get-identity/query.js';
import { ChangeSuspensionCommand, ChangeSuspensionHandler } from '../suspend-identity/handler.js';
import { ada, bank, callerOf, cart, contextOf } from '../testing/issuance.fixture.spec.js';
import { RegisterIdentityCommand, RegisterIdentityHandler } from './handler.js';

describe('identities', () => {
  let domain: TestDomain;
  beforeEach(async () => {
    domain = await TestDomain.create();
  });
  const register = (id: string, context = contextOf(callerOf('operator')), grant?: Grant) =>
    new RegisterIdentityHandler(domain.ledger, domain.settings, domain.clock).execute(
      new RegisterIdentityCommand(id, grant, context),
    );
  const change = (type: 'SuspendIdentity' | 'ReinstateIdentity', id: string, context = contextOf()) =>
    new ChangeSuspensionHandler(domain.ledger, domain.settings, domain.clock).execute(
      new ChangeSuspensionCommand(type, id, context),
    );
  const get = (id: string, caller = callerOf('auditor'), asOf?: string) =>
    new GetIdentityHandler(domain.ledger, domain.settings, domain.clock).execute(
      new GetIdentityQuery(id, caller, asOf),
    );
  const types = async (id: string) => (await domain.ledger.readStream(`identity-${id}`)).events.map(({ type }) => type);

  it('are registered, suspended and reinstated', async () => {
    expect(await register(cart)).toMatchObject({
      id: cart,
      namespace: 'shop',
      serviceAccount: 'cart',
      status: 'active',
    });
    domain.clock.advance(1_000);
    const suspended = await change('SuspendIdentity', cart);
    expect(suspended).toMatchObject({ status: 'suspended', suspendedAt: '2026-03-01T12:00:01.500Z' });
    expect(await get(cart)).toEqual(suspended);
    expect(await change('SuspendIdentity', cart)).toEqual(suspended);
    expect(await change('ReinstateIdentity', cart)).toMatchObject({
      status: 'active',
      position: suspended.position + 1,
    });
    expect(await types(cart)).toEqual(['IdentityRegistered', 'IdentitySuspended', 'IdentityReinstated']);
  });

  it('are shown as they were', async () => {
    const { position } = await register(cart);
    const suspended = await change('SuspendIdentity', cart);
    const asOf = (at: number) => get(cart, undefined, String(at));
    expect(await asOf(position)).toMatchObject({ status: 'active', position });
    expect(await asOf(suspended.position)).toEqual(suspended);
    await expect(asOf(position - 1)).rejects.toMatchObject({ code: 'IDENTITY_NOT_REGISTERED' });
    await expect(asOf(suspended.position + 1)).rejects.toMatchObject({ code: 'AS_OF_BEYOND_HEAD' });
  });

  it('refuse what does not follow', async () => {
    await expect(get(cart)).rejects.toMatchObject({ code: 'IDENTITY_NOT_REGISTERED' });
    await expect(change('SuspendIdentity', cart)).rejects.toMatchObject({ code: 'IDENTITY_NOT_REGISTERED' });
    await register(cart);
    await expect(register(cart)).rejects.toMatchObject({ code: 'IDENTITY_ALREADY_REGISTERED' });
    await expect(change('ReinstateIdentity', cart)).rejects.toMatchObject({ code: 'IDENTITY_NOT_SUSPENDED' });
    await expect(register('spiffe://other.example/ns/a/sa/b')).rejects.toMatchObject({ code: 'INVALID_VALUE' });
    await expect(register(cart, contextOf(callerOf('admin')), { role: 'admin' })).rejects.toMatchObject({
      code: 'INVALID_VALUE',
    });
  });

  it('repeat under an Idempotency-Key, also after the answer was lost', async () => {
    const context = contextOf(callerOf('operator'), 'k');
    const first = await register(cart, context);
    expect(await register(cart, context)).toEqual(first);
    const once = contextOf(callerOf('operator'), 'suspend');
    await change('SuspendIdentity', cart, once);
    await change('ReinstateIdentity', cart);
    // The repeat of what was done before the reinstatement does not undo it.
    expect(await change('SuspendIdentity', cart, once)).toMatchObject({ status: 'active' });
  });

  it('of the system are an admin’s alone, with their grants', async () => {
    const grant = { role: 'admin' } as const;
    const refusals = [callerOf('operator'), callerOf('issuer'), callerOf('admin', ['shop']), callerOf('auditor')];
    for (const caller of refusals) {
      await expect(register(ada, contextOf(caller), grant)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    }
    expect(await types(ada)).toEqual([]);
    expect(await register(ada, contextOf(callerOf('admin')), grant)).toMatchObject({ kind: 'system', grant });
    await expect(change('SuspendIdentity', ada, contextOf(callerOf('operator')))).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    const first = 'spiffe://cluster.local/cartulary/operator/first';
    expect(await register(first, contextOf(systemCaller('standalone')), grant)).toMatchObject({ grant });
  });

  it('in other namespaces are out of reach', async () => {
    await register(bank);
    const shop = callerOf('operator', ['shop']);
    for (const work of [
      () => register('spiffe://cluster.local/ns/bank/sa/new', contextOf(shop)),
      () => change('SuspendIdentity', bank, contextOf(shop)),
      () => get(bank, shop),
    ]) {
      await expect(work()).rejects.toMatchObject({ code: 'FORBIDDEN' });
    }
    expect(await register(cart, contextOf(shop))).toMatchObject({ status: 'active' });
  });

  it('are registered once when two ask at the same time', async () => {
    const outcomes = await Promise.allSettled([register(cart), register(cart)]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await types(cart)).toEqual(['IdentityRegistered']);
  });
});
