import { afterAll, beforeAll, expect, it } from 'vitest';
import { startKafka, type TestKafka } from '@cartulary/testing';
import { KafkaTransport, Relay } from '@cartulary/transport';
import { issued, revoked } from '../testing/events.fixture.spec.js';
import { openReplica, recordOf, until } from '../testing/replica.fixture.spec.js';
import { openWorld, type World } from '../testing/world.fixture.spec.js';

let world: World;
let kafka: TestKafka;
let relay: Relay;

beforeAll(async () => {
  [world, kafka] = await Promise.all([openWorld(), startKafka()]);
  const { ledger, serviceUrl: databaseUrl } = world;
  relay = new Relay({ ledger, kafka: { brokers: kafka.brokers }, databaseUrl, trustDomain: 'cluster.local' });
});
afterAll(async () => {
  await relay.stop();
  await Promise.all([kafka.stop(), world.close()]);
});

it('a rebuild over Kafka gives the same, each generation at its own offsets', async () => {
  const group = { sessionTimeout: 6_000, heartbeatInterval: 300, maxWait: 300 };
  const replica = openReplica(world, new KafkaTransport({ brokers: kafka.brokers }, { group }));
  const issue = (from: number, count: number) =>
    world.append(...Array.from({ length: count }, (_, index) => issued(from + index)));
  const known = (position: number) =>
    until(`position ${position}`, async () => (await replica.progress.known()) >= position, 100);
  replica.start();
  await issue(1, 500);
  await world.append(revoked(7));
  await known(501);
  const { generation } = await replica.rebuild();
  let done = false;
  const writing = (async () => {
    for (let n = 1_000; !done; n++) await issue(n, 1);
  })();
  await until('the switch', async () => (await recordOf(replica.generations, generation)).status === 'active', 100);
  done = true;
  await writing;
  await known((await world.ledger.head()).position);
  expect(await recordOf(replica.generations, generation)).toMatchObject({ comparison: { same: true }, skipped: [] });
  const { position, certificates } = await replica.list({ status: 'revoked' });
  expect(position).toBe((await world.ledger.head()).position);
  expect(certificates).toHaveLength(1);
  await replica.stop();
}, 300_000);
