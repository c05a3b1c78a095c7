import { createPrivateKey, createPublicKey } from 'node:crypto';
import { Logger } from '@nestjs/common';
import {
  certificateDecider,
  certificateStream,
  fold,
  type IssuerEvent,
  issuerStream,
  parseIdentity,
  publicationStream,
} from '@cartulary/domain';
import { RevocationLists } from '@cartulary/service';
import { TestDomain } from '@cartulary/service/testing';
import { certificateFacts, describeCertificate, isCanarySerial, verifyChain, verifyCrl } from '@cartulary/x509';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Canaries } from './canaries.js';
import { CrlAuthor, type Publications } from './crl-author.js';

/** The table of the keys, as far as it is written here. */
class Keys {
  readonly rows = new Map<string, Buffer>();
  failing = false;

  query<Row>(sql: string, [serial, , key]: readonly unknown[] = []): Promise<Row[]> {
    if (this.failing) return Promise.reject(new Error('the database is away'));
    if (sql.startsWith('INSERT')) this.rows.set(String(serial), key as Buffer);
    return Promise.resolve([]);
  }
}

describe('Canaries', () => {
  beforeAll(() => Logger.overrideLogger(false));
  let domain: TestDomain;
  let keys: Keys;
  let canaries: Canaries;
  let author: CrlAuthor;
  beforeEach(async () => {
    domain = await TestDomain.create();
    keys = new Keys();
    const { ledger, signer, issuers, settings, clock } = domain;
    canaries = new Canaries(ledger, keys, signer, issuers, settings, clock);
    author = new CrlAuthor(ledger, signer, issuers, settings, clock);
  });
  const issuerId = () => domain.issuer('workload').issuerId;
  const events = () => domain.ledger.readAll({ after: 0, limit: 1_000 });
  const stand = async (): Promise<Publications> => {
    const lists = new RevocationLists();
    for (const event of await events()) lists.apply(event);
    const id = issuerId();
    const [version, prepared, published] = [lists.version(id), lists.prepared(id), lists.published(id)];
    return { issuerId: id, version, prepared, published, ending: lists.ending(id) };
  };

  it('are issued, revoked and listed by one append: there is no moment in which one is good', async () => {
    const before = (await domain.ledger.head()).position;
    const canary = (await canaries.make(issuerId()))!;
    expect((await domain.ledger.head()).position).toBe(before);
    await author.prepare(await stand(), canary);
    const appended = await domain.ledger.readAll({ after: before, limit: 10 });
    expect(appended.map(({ type }) => type)).toEqual(['CertificateIssued', 'CertificateRevoked', 'CrlPrepared']);
    expect(new Set(appended.map(({ committedAt }) => committedAt)).size).toBe(1);
    expect(appended[2]!.data).toMatchObject({ canary: canary.serial });
    const prepared = await stand();
    await author.sign(prepared, prepared.prepared!);
    const { published } = await stand();
    const crl = verifyCrl(published!.bytes(), Buffer.from(domain.issuer('workload').certificate, 'base64'));
    expect(crl.entries.map(({ serial }) => serial)).toEqual([canary.serial]);
    const { events: history } = await domain.ledger.readStream(certificateStream(canary.serial));
    expect(fold(certificateDecider, history)).toMatchObject({ status: 'revoked', profile: 'canary' });
  });

  it('are certificates that a proxy would take, for minutes, and name nobody', async () => {
    const { serial, events: made } = (await canaries.make(issuerId()))!;
    const issued = made[0]!.data as { certificate: string };
    const leaf = Buffer.from(issued.certificate, 'base64');
    const { issuers, clock } = domain;
    const [, ...intermediates] = [leaf, ...issuers.chain(issuerId())];
    expect(verifyChain({ leaf, intermediates, anchors: issuers.workloadAnchors(), now: clock.now() })).toHaveLength(3);
    expect(isCanarySerial(serial)).toBe(true);
    const facts = certificateFacts(leaf);
    expect(facts.serial).toBe(serial);
    expect(facts.notAfter.getTime() - clock.now().getTime()).toBeLessThanOrEqual(300_000);
    const { uris } = describeCertificate(leaf);
    expect(uris).toEqual([`spiffe://cluster.local/canary/${issuerId()}`]);
    // Whatever is registered, placed or ruled is read by this.
    expect(() => parseIdentity(uris[0]!, 'cluster.local')).toThrow();
    expect(issued).not.toHaveProperty('identity');
    const key = createPrivateKey({ key: keys.rows.get(serial)!, format: 'der', type: 'pkcs8' });
    expect(createPublicKey(key).export({ type: 'spki', format: 'der' })).toEqual(facts.spki);
    expect(JSON.stringify(made)).not.toContain(keys.rows.get(serial)!.toString('base64').slice(0, 40));
  });

  it('leave a key without a certificate, and nothing else, where the publisher dies before the append', async () => {
    const before = await events();
    const { serial } = (await canaries.make(issuerId()))!;
    expect([...keys.rows.keys()]).toEqual([serial]);
    expect(await events()).toEqual(before);
    // The next one comes with another.
    await author.prepare(await stand(), await canaries.make(issuerId()));
    expect(keys.rows.size).toBe(2);
    expect((await domain.ledger.readStream(certificateStream(serial))).events).toEqual([]);
  });

  it('are not there at all where another replica was faster, or the issuer has been cut off since', async () => {
    const standing = await stand();
    const [first, second] = [(await canaries.make(issuerId()))!, (await canaries.make(issuerId()))!];
    await author.prepare(standing, first);
    await author.prepare(standing, second);
    expect((await domain.ledger.readStream(certificateStream(second.serial))).events).toEqual([]);
    const third = (await canaries.make(issuerId()))!;
    const now = domain.clock.now().toISOString();
    const data = { issuerId: issuerId(), serial: '01', notAfter: now, reason: 'keyCompromise', revokedAt: now };
    await domain.append(issuerStream(issuerId()), { type: 'IssuerCompromised', data } as unknown as IssuerEvent);
    const prepared = (await domain.ledger.readStream(publicationStream(issuerId()))).events.length;
    await author.prepare(await stand(), third);
    expect((await domain.ledger.readStream(publicationStream(issuerId()))).events).toHaveLength(prepared);
    expect((await domain.ledger.readStream(certificateStream(third.serial))).events).toEqual([]);
  });

  it.each([
    [
      'cut off',
      { type: 'IssuerCompromised', data: { reason: 'keyCompromise', revokedAt: '2026-03-01T12:00:00.000Z' } },
    ],
    ['retired', { type: 'IssuerRetired', data: { retiredAt: '2026-03-01T12:00:00.000Z' } }],
    [
      'over, with its certificates',
      { type: 'EpochExpired', data: { certificates: 0, expiredAt: '2026-03-01T12:00:00.000Z' } },
    ],
  ])('are not made by an issuer that is %s', async (_name, { type, data }) => {
    const event = { type, data: { ...data, issuerId: issuerId() } } as unknown as IssuerEvent;
    await domain.append(issuerStream(issuerId()), event);
    expect(await canaries.make(issuerId())).toBeUndefined();
    expect(keys.rows.size).toBe(0);
  });

  it('are not made by other issuers, nor one that has ended, nor without a place for the key', async () => {
    for (const purpose of ['root', 'server', 'system'] as const) {
      expect(await canaries.make(domain.issuer(purpose).issuerId)).toBeUndefined();
    }
    keys.failing = true;
    expect(await canaries.make(issuerId())).toBeUndefined();
    keys.failing = false;
    domain.clock.set(domain.issuer('workload').notAfter);
    expect(await canaries.make(issuerId())).toBeUndefined();
    expect(domain.signer.signed).toEqual([]);
  });

  it('are made by one that only retires: its certificates are revoked for long', async () => {
    const data = { issuerId: issuerId(), successor: 'ffffffffffffffff', supersededAt: '2026-03-01T12:00:00.000Z' };
    await domain.append(issuerStream(issuerId()), { type: 'IssuerSuperseded', data } as unknown as IssuerEvent);
    expect(await canaries.make(issuerId())).toBeDefined();
  });
});
