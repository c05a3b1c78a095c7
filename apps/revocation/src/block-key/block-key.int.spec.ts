import { certificateStream, fold, certificateDecider, type KeyHash, keyStream, type Serial } from '@cartulary/domain';
import { PostgresLedger, ProjectionDatabase } from '@cartulary/ledger';
import { createTestDatabase, type TestDatabase } from '@cartulary/ledger/testing';
import { TestDomain } from '@cartulary/service/testing';
import { InMemoryConsumerStore, InMemoryTransport } from '@cartulary/transport/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CertificateCommands } from '../certificate-commands.js';
import { ada, callerOf, contextOf, issueTo, newKeyHash, until } from '../testing/revocation.fixture.spec.js';
import { BlockKeyCommand, BlockKeyHandler } from './handler.js';
import { KeyCertificates } from './key-certificates.js';
import { RevokeBlocked } from './revoke-blocked.js';

type Handled = Parameters<RevokeBlocked['handle']>[0];

describe('a blocked key, on Postgres', () => {
  let database: TestDatabase;
  let domain: TestDomain<PostgresLedger>;
  let projections: ProjectionDatabase;
  let keys: KeyCertificates;
  const stops: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    database = await createTestDatabase();
    const ledger = new PostgresLedger({ url: database.serviceUrl, pollInterval: 50 });
    domain = await TestDomain.create({ ledger });
    projections = new ProjectionDatabase(database.serviceUrl);
    keys = new KeyCertificates(projections);
  });
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });
  afterAll(async () => {
    await domain.ledger.close();
    await projections.close();
    await database.drop();
  });
  const revoker = (certificates = commands(), transport = new InMemoryTransport(domain.ledger)) =>
    new RevokeBlocked(transport, domain.ledger, keys, certificates);
  const commands = () => new CertificateCommands(domain.ledger, domain.settings, domain.clock);
  const start = (): void => {
    const transport = new InMemoryTransport(domain.ledger, { store: new InMemoryConsumerStore() });
    const running = revoker(commands(), transport);
    running.onApplicationBootstrap();
    stops.push(async () => {
      await running.onApplicationShutdown();
      await transport.close();
    });
  };
  const block = (keyHash: KeyHash, reason: 'keyCompromise' | 'superseded' = 'keyCompromise', context = contextOf()) =>
    new BlockKeyHandler(domain.ledger, keys, domain.settings, domain.clock).execute(
      new BlockKeyCommand(keyHash, reason, {}, context),
    );
  const recordBlock = async (keyHash: KeyHash) => {
    const blockedAt = domain.clock.now().toISOString();
    const data = { keyHash, reason: 'keyCompromise', blockedAt };
    return (await domain.append(keyStream(keyHash), { type: 'KeyBlocked', data }))[0]!;
  };
  const statusOf = async (serial: Serial) =>
    fold(certificateDecider, (await domain.ledger.readStream(certificateStream(serial))).events).status;
  const revocations = async (serial: Serial) =>
    (await domain.ledger.readStream(certificateStream(serial))).events.filter(
      ({ type }) => type === 'CertificateRevoked',
    );
  const eventsOf = async (...streams: string[]) => {
    const histories = await domain.ledger.readStreams(streams);
    return [...histories.values()]
      .flatMap(({ events }) => events)
      .filter(({ type }) => type === 'CertificateIssued' || type === 'KeyBlocked') as unknown as Handled;
  };

  it('takes all its certificates with it before the caller is answered, and no other', async () => {
    start();
    const keyHash = newKeyHash();
    const certificates = await Promise.all(Array.from({ length: 40 }, () => issueTo(domain, { keyHash })));
    const stranger = await issueTo(domain);
    const answer = await block(keyHash);
    const serials = certificates.map(({ serial }) => serial).sort();
    expect(answer).toMatchObject({ keyHash, reason: 'keyCompromise', certificates: serials });
    for (const serial of serials) expect(await statusOf(serial)).toBe('revoked');
    expect(await statusOf(stranger.serial)).toBe('active');
    const [revoked] = await revocations(serials[0]!);
    const [blocked] = (await domain.ledger.readStream(keyStream(keyHash))).events;
    expect(revoked).toMatchObject({ causationId: blocked?.id, correlationId: 'test' });
    expect(revoked?.actor.id).toBe('system:revocation');
  });

  it('may be blocked again: nothing changes but a harmless reason into a compromise, at every certificate', async () => {
    start();
    const keyHash = newKeyHash();
    const { serial } = await issueTo(domain, { keyHash });
    const first = await block(keyHash, 'superseded', contextOf(callerOf('operator'), 'k1'));
    expect(await block(keyHash, 'superseded', contextOf(callerOf('operator'), 'k1'))).toEqual(first);
    expect(await block(keyHash, 'superseded')).toEqual(first);
    expect(await block(keyHash, 'keyCompromise')).toMatchObject({
      ...{ reason: 'keyCompromise', revokedAt: first.revokedAt },
    });
    expect((await revocations(serial)).map(({ data }) => data['reason'])).toEqual(['superseded', 'keyCompromise']);
  });

  it('may have no certificate at all', async () => {
    start();
    expect(await block(newKeyHash())).toMatchObject({ certificates: [] });
  });

  it('revokes whichever of the two events is handled first', async () => {
    const keyHash = newKeyHash();
    const { serial } = await issueTo(domain, { keyHash });
    await recordBlock(keyHash);
    const [issued, blocked] = [await eventsOf(certificateStream(serial)), await eventsOf(keyStream(keyHash))];
    await revoker().handle(blocked);
    expect(await statusOf(serial)).toBe('active');
    await revoker().handle(issued);
    expect(await statusOf(serial)).toBe('revoked');
    const other = newKeyHash();
    const second = await issueTo(domain, { keyHash: other });
    await revoker().handle(await eventsOf(certificateStream(second.serial)));
    await recordBlock(other);
    await revoker().handle(await eventsOf(keyStream(other)));
    expect(await statusOf(second.serial)).toBe('revoked');
  });

  it('revokes once when everything is handled again, in any order', async () => {
    const keyHash = newKeyHash();
    const { serial } = await issueTo(domain, { keyHash });
    await recordBlock(keyHash);
    const events = await eventsOf(certificateStream(serial), keyStream(keyHash));
    for (const batch of [events, [...events].reverse(), events.slice(0, 1), events.slice(1), events]) {
      await revoker().handle(batch);
    }
    expect(await revocations(serial)).toHaveLength(1);
  });

  it('is not called done by a run that died on the way, and is finished by the next', async () => {
    const keyHash = newKeyHash();
    const certificates = await Promise.all(Array.from({ length: 50 }, () => issueTo(domain, { keyHash })));
    const { position } = await recordBlock(keyHash);
    const events = await eventsOf(...certificates.map(({ serial }) => certificateStream(serial)), keyStream(keyHash));
    class DyingCommands extends CertificateCommands {
      left = 20;
      override change(...call: Parameters<CertificateCommands['change']>) {
        if (this.left-- <= 0) return Promise.reject(new Error('killed'));
        return super.change(...call);
      }
    }
    const dying = new DyingCommands(domain.ledger, domain.settings, domain.clock);
    await expect(revoker(dying).handle(events)).rejects.toThrow('killed');
    expect(await keys.isDone(keyHash, position)).toBe(false);
    await revoker().handle(events);
    expect(await keys.isDone(keyHash, position)).toBe(true);
    for (const { serial } of certificates) expect(await revocations(serial)).toHaveLength(1);
  });

  it('is found by two replicas at once without a second revocation', async () => {
    const keyHash = newKeyHash();
    const certificates = await Promise.all(Array.from({ length: 20 }, () => issueTo(domain, { keyHash })));
    await recordBlock(keyHash);
    const events = await eventsOf(...certificates.map(({ serial }) => certificateStream(serial)), keyStream(keyHash));
    await Promise.all([revoker().handle(events), revoker().handle(events)]);
    for (const { serial } of certificates) expect(await revocations(serial)).toHaveLength(1);
  });

  it('is carried out by a machine whose clock is behind the one that blocked it', async () => {
    const keyHash = newKeyHash();
    const { serial } = await issueTo(domain, { keyHash });
    const before = domain.clock.now();
    domain.clock.advance(60_000);
    const invalidityDate = domain.clock.now().toISOString();
    const data = { keyHash, reason: 'keyCompromise', blockedAt: invalidityDate, invalidityDate };
    await domain.append(keyStream(keyHash), { type: 'KeyBlocked', data });
    domain.clock.set(before);
    await revoker().handle(await eventsOf(certificateStream(serial), keyStream(keyHash)));
    expect((await revocations(serial))[0]?.data).toMatchObject({ revokedAt: invalidityDate, invalidityDate });
  });

  it('is out of reach for a namespace, and for those who could not revoke its certificates one by one', async () => {
    const keyHash = newKeyHash();
    const { serial } = await issueTo(domain, { keyHash, identity: ada });
    const refused = { code: 'FORBIDDEN' };
    await expect(block(keyHash, 'superseded', contextOf(callerOf('admin', ['shop'])))).rejects.toMatchObject(refused);
    start();
    await until(async () => (await keys.serials(keyHash)).length === 1, 'the projection');
    await expect(block(keyHash)).rejects.toMatchObject(refused);
    expect(await statusOf(serial)).toBe('active');
    expect((await block(keyHash, 'keyCompromise', contextOf(callerOf('admin')))).certificates).toEqual([serial]);
  });

  it('cannot be held', async () => {
    const command = new BlockKeyCommand(newKeyHash(), 'certificateHold', {}, contextOf());
    const handler = new BlockKeyHandler(domain.ledger, keys, domain.settings, domain.clock);
    await expect(handler.execute(command)).rejects.toMatchObject({ code: 'INVALID_VALUE' });
  });

  it('is reported as unfinished when nobody carries it out, and is blocked all the same', async () => {
    const keyHash = newKeyHash();
    await expect(block(keyHash)).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
    expect((await domain.ledger.heads([keyStream(keyHash)])).get(keyStream(keyHash))).toBe(1);
    start();
    expect(await block(keyHash)).toMatchObject({ keyHash });
  });
});
