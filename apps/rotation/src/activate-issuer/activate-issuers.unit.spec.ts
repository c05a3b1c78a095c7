import { issuerStream, publicationStream } from '@cartulary/domain';
import { TestDomain } from '@cartulary/service/testing';
import { InMemoryConsumerStore, InMemoryTransport } from '@cartulary/transport/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ActivateIssuers } from './activate-issuers.js';

describe('ActivateIssuers', () => {
  let domain: TestDomain;
  const store = new InMemoryConsumerStore();
  const stops: (() => Promise<void>)[] = [];
  beforeEach(async () => {
    domain = await TestDomain.create({ active: false });
  });
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });
  const start = (groups = new InMemoryConsumerStore()): InMemoryTransport => {
    const transport = new InMemoryTransport(domain.ledger, { store: groups });
    const activating = new ActivateIssuers(domain.ledger, transport, domain.clock);
    activating.onApplicationBootstrap();
    stops.push(async () => {
      await activating.onApplicationShutdown();
      await transport.close();
    });
    return transport;
  };
  const issuerId = () => domain.issuer('workload').issuerId;
  const happened = async (id = issuerId()) =>
    (await domain.ledger.readStream(issuerStream(id))).events.slice(1).map(({ type }) => type);
  const prepare = () =>
    domain.append(publicationStream(issuerId()), { type: 'CrlPrepared', data: { issuerId: issuerId() } });
  const publish = () =>
    domain.append(publicationStream(issuerId()), {
      type: 'CrlPublished',
      data: { issuerId: issuerId(), number: 1, publishedAt: '2026-03-01T12:00:00.000Z' },
    });
  const settle = () => new Promise((resolve) => setTimeout(resolve, 100));

  it('lets an issuer issue once its first CRL is out, and no other', async () => {
    start();
    await prepare();
    await settle();
    expect(await happened()).toEqual([]);
    const [published] = await publish();
    await settle();
    expect(await happened()).toEqual(['IssuerActivated']);
    const { events } = await domain.ledger.readStream(issuerStream(issuerId()));
    expect(events.at(-1)).toMatchObject({ causationId: published?.id, actor: { id: 'system:rotation' } });
    expect(await happened(domain.issuer('server').issuerId)).toEqual([]);
  });

  it('does so once, however many CRLs, repeats and replicas there are', async () => {
    await Promise.all([publish(), settle()]);
    await publish();
    start(store);
    start(store);
    start();
    await settle();
    await publish();
    await settle();
    expect(await happened()).toEqual(['IssuerActivated']);
  });

  it('does not bring a retired issuer back', async () => {
    const data = { issuerId: issuerId(), retiredAt: '2026-03-01T12:00:00.000Z' };
    await domain.append(issuerStream(issuerId()), { type: 'IssuerRetired', data });
    const transport = start();
    await publish();
    await settle();
    expect(await happened()).toEqual(['IssuerRetired']);
    expect(await transport.poisonEvents('rotation-activate-issuers')).toEqual([]);
  });

  it('leaves those of a later epoch to their lead time', async () => {
    start();
    const { issuerId: next } = await domain.addIssuer('workload', domain.issuer('root'), { epoch: 2, active: false });
    const data = { issuerId: next, number: 1, publishedAt: '2026-03-01T12:00:00.000Z' };
    await domain.append(publicationStream(next), { type: 'CrlPublished', data });
    await publish();
    await settle();
    expect(await happened()).toEqual(['IssuerActivated']);
    expect(await happened(next)).toEqual([]);
  });

  it('catches up with what was published while it was away', async () => {
    await publish();
    domain.ledger.unavailable = true;
    start();
    await settle();
    domain.ledger.unavailable = false;
    await settle();
    expect(await happened()).toEqual(['IssuerActivated']);
  });
});
