import type { SpiffeId } from '@cartulary/domain';
import type { RecordedEvent } from '@cartulary/ledger';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CrlPublisher } from '../publish-crl/crl-publisher.js';
import { IncidentWorld } from '../testing/incident.fixture.spec.js';
import { TrustFeed } from './trust-feed.js';

let world: IncidentWorld;
beforeAll(async () => {
  world = await IncidentWorld.create();
});
afterAll(() => world.dispose());

const identityOf = (n: number) => `spiffe://cluster.local/ns/shop/sa/s${n}` as SpiffeId;

it.each([3, 700])('says whose each is of %i that were revoked together', async (many) => {
  world.start();
  const serials = await world.issue(Array.from({ length: many }, (_, n) => ({ identity: identityOf(n) })));
  await world.caughtUp();
  await world.contained({ selector: { serials: [...serials] } });
  const events = (await world.domain.ledger.readAll({ after: 0, limit: 10_000 })).filter(
    ({ type, data }) => type === 'CertificateRevoked' && serials.includes(data['serial'] as never),
  );
  expect(events).toHaveLength(many);

  // What folds for CRLs hands over its batches; here all of them are one.
  let fold: (events: readonly RecordedEvent[]) => void = () => undefined;
  const publisher = { onFolded: (listener: typeof fold) => ((fold = listener), () => undefined) };
  const { issuers, settings, ledger } = world.domain;
  const feed = new TrustFeed(publisher as unknown as CrlPublisher, issuers, settings, ledger, world.projections);
  feed.onApplicationBootstrap();
  const told = new Promise<void>((resolve) => feed.onChange(resolve));
  fold(events);
  await told;
  await feed.onApplicationShutdown();
  const owners = new Map(feed.revocationsAfter(0).map(({ serial, spiffeId }) => [serial, spiffeId]));
  expect(owners).toEqual(new Map(serials.map((serial, n) => [serial as string, identityOf(n) as string])));
});
