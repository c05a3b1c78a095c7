import { createPrivateKey, createPublicKey } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { parseNodeName } from '@cartulary/domain';
import { PostgresLedger, ProjectionDatabase } from '@cartulary/ledger';
import { createTestDatabase, type TestDatabase } from '@cartulary/ledger/testing';
import { SystemClock } from '@cartulary/runtime';
import { TestDomain } from '@cartulary/service/testing';
import { LedgerTransport, PostgresConsumerStore } from '@cartulary/transport';
import { certificateFacts } from '@cartulary/x509';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CertificateCommands } from '../certificate-commands.js';
import { Canaries } from '../publish-crl/canaries.js';
import { CrlAuthor } from '../publish-crl/crl-author.js';
import { CrlPublisher } from '../publish-crl/crl-publisher.js';
import { Presence } from '../show-enforcement/presence.js';
import { contextOf, issueTo } from '../testing/revocation.fixture.spec.js';
import { CanaryFeed } from './canary-feed.js';

const clock = new SystemClock();

describe('canaries, on Postgres, with two replicas', () => {
  beforeAll(() => Logger.overrideLogger(false));
  let database: TestDatabase;
  let domain: TestDomain<PostgresLedger>;
  let projections: ProjectionDatabase;
  const stops: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    database = await createTestDatabase();
    const ledger = new PostgresLedger({ url: database.serviceUrl, pollInterval: 50 });
    domain = await TestDomain.create({ ledger, now: new Date() });
    projections = new ProjectionDatabase(database.serviceUrl);
  });
  afterAll(async () => {
    for (const stop of stops) await stop();
    await domain.ledger.close();
    await projections.close();
    await database.drop();
  });

  const replica = () => {
    const { ledger, signer, issuers, settings } = domain;
    const transport = new LedgerTransport(ledger, new PostgresConsumerStore({ url: database.serviceUrl }));
    const presence = new Presence(projections, clock);
    const canaries = new Canaries(ledger, projections, signer, issuers, settings, clock);
    const author = new CrlAuthor(ledger, signer, issuers, settings, clock);
    const publisher = new CrlPublisher(transport, author, canaries, presence, issuers, settings, clock);
    const feed = new CanaryFeed(publisher, presence, issuers, ledger, projections);
    for (const each of [presence, publisher, feed]) each.onApplicationBootstrap();
    stops.push(async () => {
      for (const each of [feed, publisher, presence]) await each.onApplicationShutdown();
      await transport.close();
    });
    return { presence, feed };
  };

  it('are given to agents by both, with the key that whoever made them has kept', async () => {
    const [one, two] = [replica(), replica()];
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect([one.feed.all(), two.feed.all()]).toEqual([[], []]);
    // An agent of the one; the other hears of it from the table.
    let bytes = 0;
    const line = {
      get bytesRead() {
        return bytes++;
      },
    };
    const leave = one.presence.open(parseNodeName('node-1'), line, true);
    const serialOf = ({ feed }: typeof one) => {
      const [canary] = feed.all();
      return canary && certificateFacts(Buffer.from(canary.chain[0]!)).serial;
    };
    await expect.poll(() => serialOf(one), { timeout: 10_000 }).toBeDefined();
    await expect.poll(() => serialOf(two), { timeout: 10_000 }).toBe(serialOf(one));
    for (const { feed } of [one, two]) {
      const { chain, privateKey } = feed.all()[0]!;
      const key = createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' });
      const { spki } = certificateFacts(Buffer.from(chain[0]!));
      expect(createPublicKey(key).export({ type: 'spki', format: 'der' })).toEqual(spki);
      expect(chain).toHaveLength(2);
    }
    // And each of the following ones.
    const before = serialOf(two);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const { serial } = await issueTo(domain);
    const commands = new CertificateCommands(domain.ledger, domain.settings, domain.clock);
    await commands.change(serial, { type: 'RevokeCertificate', reason: 'superseded' }, contextOf());
    await expect
      .poll(() => serialOf(two) !== before && serialOf(two) === serialOf(one), { timeout: 10_000 })
      .toBe(true);
    leave();
    await expect.poll(() => two.presence.asked, { timeout: 10_000 }).toBe(false);
  });

  it('are pruned: keys of those that nobody tries any more', async () => {
    const id = 'abcdefabcdefabcd';
    const insert = (age: string, count: number) =>
      projections.query(
        `INSERT INTO projections.revocation_canaries (serial, issuer_id, private_key, made_at)
         SELECT $2 || n, $1, 'x', clock_timestamp() - $2::interval - n * interval '1 second' FROM generate_series(1, ${count}) AS n`,
        [id, age],
      );
    await insert('2 hours', 20);
    await insert('8 days', 5);
    const { ledger, signer, issuers, settings } = domain;
    const canaries = new Canaries(ledger, projections, signer, issuers, settings, clock);
    expect(await canaries.make(domain.issuer('workload').issuerId)).toBeDefined();
    const left = async () =>
      (
        await projections.query<{ serial: string }>(
          `SELECT serial FROM projections.revocation_canaries WHERE issuer_id = $1`,
          [id],
        )
      ).length;
    await expect.poll(left, { timeout: 5_000 }).toBe(8);
  });
});
