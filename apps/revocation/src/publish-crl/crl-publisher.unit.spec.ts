import { Logger } from '@nestjs/common';
import { certificateStream, publicationStream, type Serial, timestamp } from '@cartulary/domain';
import { SystemClock } from '@cartulary/runtime';
import { IssuerDirectory, RevocationLists } from '@cartulary/service';
import { TestDomain } from '@cartulary/service/testing';
import { InMemoryTransport } from '@cartulary/transport/testing';
import { newSerial, verifyCrl } from '@cartulary/x509';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CertificateCommands } from '../certificate-commands.js';
import { cart, contextOf, issueTo, newKeyHash, until } from '../testing/revocation.fixture.spec.js';
import { Presence } from '../show-enforcement/presence.js';
import { Canaries } from './canaries.js';
import { CrlAuthor } from './crl-author.js';
import { CrlPublisher } from './crl-publisher.js';

const clock = new SystemClock();
const timing = { validity: 3_600_000, refresh: 3_600_000, minInterval: 150 };

describe('CrlPublisher', () => {
  beforeAll(() => Logger.overrideLogger(false));
  let domain: TestDomain;
  let presence: Presence;
  const running: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0)) await stop();
  });
  const setUp = async (crl: Partial<typeof timing> = {}) => {
    domain = await TestDomain.create({ now: new Date(), settings: { crl: { ...timing, ...crl } } });
  };
  const start = (issuers = domain.issuers): CrlPublisher => {
    const { ledger, signer, settings } = domain;
    const transport = new InMemoryTransport(ledger);
    const author = new CrlAuthor(ledger, signer, issuers, settings, clock);
    const database = { query: () => Promise.resolve([]) };
    const canaries = new Canaries(ledger, database, signer, issuers, settings, clock);
    presence = new Presence(database, clock);
    const publisher = new CrlPublisher(transport, author, canaries, presence, issuers, settings, clock);
    publisher.onApplicationBootstrap();
    running.push(async () => {
      await publisher.onApplicationShutdown();
      await transport.close();
    });
    return publisher;
  };
  const issuerId = () => domain.issuer('workload').issuerId;
  const recorded = async (id = issuerId()) => (await domain.ledger.readStream(publicationStream(id))).events;
  const publishedCount = async () => (await recorded()).filter(({ type }) => type === 'CrlPublished').length;
  const revoke = async () => {
    const { serial } = await issueTo(domain);
    const commands = new CertificateCommands(domain.ledger, domain.settings, domain.clock);
    await commands.change(serial, { type: 'RevokeCertificate', reason: 'superseded' }, contextOf());
    return serial;
  };
  /** The newest CRL as a relying party would have it. */
  const current = async () => {
    const lists = new RevocationLists();
    for (const event of await domain.ledger.readAll({ after: 0, limit: 10_000 })) lists.apply(event);
    const published = lists.published(issuerId());
    return published && verifyCrl(published.bytes(), Buffer.from(domain.issuer('workload').certificate, 'base64'));
  };
  /** Prepared and published take turns, and each published is the one that was prepared last. */
  const expectTurns = async () => {
    const events = await recorded();
    events.forEach((event, index) => {
      expect(event.type).toBe(index % 2 === 0 ? 'CrlPrepared' : 'CrlPublished');
      if (event.type === 'CrlPublished') expect(event.data['number']).toBe(events[index - 1]?.position);
    });
  };
  const quiet = async (ms: number) => {
    const before = (await domain.ledger.head()).position;
    await new Promise((resolve) => setTimeout(resolve, ms));
    expect((await domain.ledger.head()).position).toBe(before);
  };

  it('gives every issuer whose key is here its first CRL, and then rests', async () => {
    await setUp();
    start();
    for (const purpose of ['root', 'workload', 'server', 'system-root', 'system'] as const) {
      const id = domain.issuer(purpose).issuerId;
      await until(async () => (await recorded(id)).length === 2, `first CRL of ${purpose}`);
    }
    expect(domain.signer.signed).toEqual(Array(5).fill('crl'));
    expect((await current())?.entries).toEqual([]);
    await expectTurns();
    await quiet(200);
  });

  describe('while an agent tries canaries', () => {
    const withCanary = async () => (await recorded()).filter(({ data }) => data['canary'] !== undefined).length;
    const line = { bytesRead: 1 };

    it('gives its CRLs one each, though nothing has changed, and then rests', async () => {
      await setUp();
      start();
      await until(async () => (await publishedCount()) === 1, 'the first CRL');
      await quiet(300);
      expect(await withCanary()).toBe(0);
      presence.open('node-1' as never, line, true);
      await until(async () => (await publishedCount()) === 2, 'one with a canary');
      expect(await withCanary()).toBe(1);
      await expectTurns();
      await quiet(1_500);
      const server = domain.issuer('server').issuerId;
      expect((await recorded(server)).some(({ data }) => data['canary'] !== undefined)).toBe(false);
    });

    it('has the last of a burst proven, with about one canary a second', async () => {
      await setUp({ minInterval: 50 });
      start();
      presence.open('node-1' as never, line, true);
      await until(async () => (await withCanary()) > 0, 'the first canary');
      const begin = performance.now();
      for (let i = 0; i < 15; i++) {
        await revoke();
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      const isProven = async () => {
        const prepared = (await recorded()).filter(({ type }) => type === 'CrlPrepared').at(-1);
        return (
          (await current())!.entries.filter(({ serial }) => serial.startsWith('01')).length === 15 &&
          prepared!.data['canary'] !== undefined
        );
      };
      await until(isProven, 'a canary behind the last revocation');
      expect(await withCanary()).toBeLessThanOrEqual(2 + (performance.now() - begin) / 1_000);
      expect(await publishedCount()).toBeGreaterThan(6);
      await quiet(1_200);
    });
  });

  it('publishes the first change of a burst at once and the rest together', async () => {
    await setUp({ minInterval: 1_000 });
    start();
    await until(async () => (await publishedCount()) === 1, 'the first CRL');
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    const begin = performance.now();
    const first = await revoke();
    await until(async () => (await publishedCount()) === 2, 'the first of the burst');
    const delay = performance.now() - begin;
    expect((await current())?.entries.map(({ serial }) => serial)).toEqual([first]);
    for (let i = 0; i < 20; i++) await revoke();
    await until(async () => (await current())?.entries.length === 21, 'the rest of the burst');
    expect(await publishedCount()).toBe(3);
    expect(performance.now() - begin).toBeGreaterThan(990);
    expect(delay).toBeLessThan(800);
    await expectTurns();
    await quiet(1_100);
  });

  it('makes a handful of CRLs of a burst of 10 000', async () => {
    const minInterval = 2_000;
    await setUp({ minInterval });
    start();
    await until(async () => (await publishedCount()) === 1, 'the first CRL');
    const begin = performance.now();
    const now = timestamp(domain.clock.now());
    const notAfter = timestamp(new Date(domain.clock.now().getTime() + 86_400_000));
    const last = { issuerId: issuerId(), reason: 'superseded', revokedAt: now, notAfter } as const;
    for (let batch = 0; batch < 100; batch++) {
      const events = Array.from({ length: 100 }, () => {
        const serial = newSerial() as Serial;
        const data = { ...last, serial, identity: cart, keyHash: newKeyHash(), notBefore: now };
        return { stream: certificateStream(serial), type: 'CertificateRevoked', data };
      });
      await domain.ledger.append({
        expectations: events.map(({ stream }) => ({ stream, version: 0 })),
        ...{ events, actor: { id: 'system:test', credential: 'system' }, correlationId: 'burst', recordedAt: now },
      });
    }
    const isDone = async () => (await recorded()).some(({ data }) => data['entries'] === 10_000);
    await until(isDone, 'all of the burst', 120_000);
    const intervals = Math.ceil((performance.now() - begin) / minInterval);
    // The first, one an interval, and what was under way.
    expect(await publishedCount()).toBeLessThanOrEqual(intervals + 3);
    await expectTurns();
  }, 180_000);

  it('publishes anew before the last one grows old, with a higher number and nothing else changed', async () => {
    await setUp({ refresh: 100 });
    start();
    await until(async () => (await publishedCount()) >= 3, 'two refreshed CRLs');
    await running.pop()!();
    await expectTurns();
    const numbers = (await recorded()).flatMap(({ data }) => (data['number'] as number | undefined) ?? []);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  });

  it('publishes each CRL once when several replicas run, and comes to rest', async () => {
    await setUp({ minInterval: 30 });
    for (let replica = 0; replica < 3; replica++) start();
    const serials: string[] = [];
    for (let i = 0; i < 15; i++) {
      serials.push(await revoke());
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await until(async () => (await current())?.entries.length === 15, 'all fifteen');
    expect((await current())?.entries.map(({ serial }) => serial)).toEqual(serials.sort());
    await expectTurns();
    await quiet(700);
  });

  it('goes on by itself when the signer fails for a while: the CRL that was prepared is the one that is signed', async () => {
    await setUp();
    domain.signer.failing = new Error('the token was pulled');
    start();
    await until(async () => (await recorded()).length === 1, 'CrlPrepared');
    await revoke();
    await quiet(100);
    domain.signer.failing = undefined;
    await until(async () => (await publishedCount()) === 2, 'both CRLs');
    await expectTurns();
    expect((await current())?.entries).toHaveLength(1);
  });

  it('goes on by itself when the ledger was away', async () => {
    await setUp();
    start();
    await until(async () => (await publishedCount()) === 1, 'the first CRL');
    await revoke();
    domain.ledger.unavailable = true;
    await new Promise((resolve) => setTimeout(resolve, 100));
    domain.ledger.unavailable = false;
    await until(async () => (await current())?.entries.length === 1, 'the revocation');
    await expectTurns();
  });

  it('takes over what another left prepared and unsigned', async () => {
    await setUp();
    const { ledger, signer, issuers, settings } = domain;
    const author = new CrlAuthor(ledger, signer, issuers, settings, clock);
    await author.prepare({
      issuerId: issuerId(),
      version: 0,
      prepared: undefined,
      published: undefined,
      ending: { cutOff: false, expiredAt: 0 },
    });
    const [prepared] = await recorded();
    start();
    await until(async () => (await publishedCount()) === 1, 'the CRL of the one that died');
    expect((await recorded())[1]?.data['number']).toBe(prepared?.position);
  });

  it('waits for a directory that is behind', async () => {
    await setUp();
    const behind = new IssuerDirectory();
    start(behind);
    await quiet(100);
    for (const event of await domain.ledger.readAll({ after: 0, limit: 100 })) behind.apply(event);
    await until(async () => (await publishedCount()) === 1, 'the first CRL', 2_000);
  });

  it('publishes nothing any more once it was stopped', async () => {
    await setUp();
    start();
    await until(async () => (await publishedCount()) === 1, 'the first CRL');
    await running.pop()!();
    await revoke();
    await quiet(300);
  });
});
