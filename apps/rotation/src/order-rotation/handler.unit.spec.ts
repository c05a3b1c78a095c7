import type { Caller } from '@cartulary/access';
import type { RotationRequest } from '@cartulary/contracts';
import { certificateStream, parseRotationId, rotationStream, type Serial } from '@cartulary/domain';
import { TestDomain } from '@cartulary/service/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { callerOf, issued, serialOf, workload } from '../testing/world.fixture.spec.js';
import { OrderRotationCommand } from './command.js';
import { OrderRotationHandler } from './handler.js';
import { SelectorSettler } from './settle-selector.js';

const NOW = '2026-03-01T12:00:00.500Z';
const admin = 'spiffe://cluster.local/cartulary/operator/ada';

describe('OrderRotationHandler', () => {
  let domain: TestDomain;
  let handler: OrderRotationHandler;
  beforeEach(async () => {
    domain = await TestDomain.create();
    const selectors = new SelectorSettler(domain.ledger, domain.issuers, domain.settings);
    handler = new OrderRotationHandler(selectors, domain.ledger, domain.clock);
  });
  const order = (request: RotationRequest, caller: Caller = callerOf('operator'), key?: string) =>
    handler.execute(
      new OrderRotationCommand(request, {
        caller,
        correlationId: 'test',
        ...(key ? { idempotency: { scope: 'test', key, fingerprint: 'f' } } : {}),
      }),
    );
  const refused = (request: RotationRequest, code: string, caller?: Caller) =>
    expect(order(request, caller)).rejects.toMatchObject({ code });
  const issue = async (n: number, identity = workload('shop')): Promise<Serial> => {
    const { stream, ...event } = issued(n, { identity });
    await domain.append(stream, event);
    expect(stream).toBe(certificateStream(serialOf(n)));
    return serialOf(n);
  };
  const issuerOf = (purpose: string) => domain.issuers.all().find((issuer) => issuer.purpose === purpose)!.issuerId;

  it('records what is to be replaced, over which time, and who wants it', async () => {
    const rotation = await order({ namespace: 'shop', window: '2h' });
    expect(rotation).toEqual({
      ...{ rotationId: rotation.rotationId, status: 'ordered', selector: { namespace: 'shop' } },
      ...{ window: { start: NOW, end: '2026-03-01T14:00:00.500Z' }, orderedAt: NOW, requester: 'token/operator' },
      progress: { matched: 0, due: 0, replaced: 0, ended: 0, remaining: 0 },
      position: rotation.position,
    });
    const { events } = await domain.ledger.readStream(rotationStream(parseRotationId(rotation.rotationId)));
    expect(events).toMatchObject([
      { type: 'RotationOrdered', position: rotation.position, actor: { id: 'token/operator' } },
    ]);
  });

  it('spreads over ten minutes, unless told otherwise', async () => {
    expect((await order({ identity: workload('shop') })).window.end).toBe('2026-03-01T12:10:00.500Z');
    expect((await order({ identity: workload('shop'), window: 1 })).window.end).toBe('2026-03-01T12:00:01.500Z');
  });

  it('keeps the reason beside the ledger', async () => {
    const rotation = await order({ namespace: 'shop', reason: 'Zoë asked for it' });
    expect(rotation.reason).toBe('Zoë asked for it');
    const [event] = (await domain.ledger.readStream(rotationStream(parseRotationId(rotation.rotationId)))).events;
    expect(event?.envelope.toString()).not.toContain('Zo');
    expect(event?.data['reasonHash']).toEqual(expect.any(String));
    expect(await domain.ledger.readErasable(event!.id)).toMatchObject([{ field: 'reason', value: 'Zoë asked for it' }]);
  });

  it('orders once what is asked for twice with one key', async () => {
    const first = await order({ namespace: 'shop', reason: 'once' }, undefined, 'key');
    expect(await order({ namespace: 'shop', reason: 'once' }, undefined, 'key')).toEqual(first);
    expect((await order({ namespace: 'shop' })).rotationId).not.toBe(first.rotationId);
  });

  it('takes serials as people write them, of certificates that there are', async () => {
    const serial = await issue(1);
    expect((await order({ serials: [serial.toUpperCase()] })).selector).toEqual({ serials: [serial] });
    await refused({ serials: ['01ff'] }, 'CERTIFICATE_NOT_FOUND');
    await refused({ serials: [serial, serial.toUpperCase()] }, 'INVALID_VALUE');
    await refused({ serials: ['xyz'] }, 'INVALID_VALUE');
  });

  it('refuses what selects nothing, too much, or what there is not', async () => {
    await refused({}, 'INVALID_VALUE');
    await refused({ namespace: 'shop', identity: workload('shop') }, 'INVALID_VALUE');
    await refused({ identity: 'spiffe://elsewhere/ns/shop/sa/cart' }, 'INVALID_VALUE');
    await refused({ issuerId: 'ffffffffffffffff' }, 'ISSUER_NOT_FOUND');
  });

  it('reaches no further than the caller’s grant', async () => {
    const shop = callerOf('operator', ['shop']);
    const [own, other] = [await issue(1), await issue(2, workload('bank'))];
    expect(await order({ namespace: 'shop' }, shop)).toMatchObject({ status: 'ordered' });
    expect(await order({ identity: workload('shop') }, shop)).toMatchObject({ status: 'ordered' });
    expect(await order({ serials: [own] }, shop)).toMatchObject({ status: 'ordered' });
    await refused({ namespace: 'bank' }, 'FORBIDDEN', shop);
    await refused({ identity: workload('bank') }, 'FORBIDDEN', shop);
    await refused({ serials: [own, other] }, 'FORBIDDEN', shop);
    await refused({ issuerId: issuerOf('workload') }, 'FORBIDDEN', shop);
    expect(await order({ issuerId: issuerOf('workload') })).toMatchObject({ status: 'ordered' });
    await refused({ issuerId: issuerOf('system') }, 'FORBIDDEN');
    expect(await order({ issuerId: issuerOf('system') }, callerOf('admin'))).toMatchObject({ status: 'ordered' });
    await refused({ identity: admin }, 'FORBIDDEN');
    expect(await order({ identity: admin }, callerOf('admin'))).toMatchObject({ selector: { identity: admin } });
  });
});
