import { issuerStream, publicationStream } from '@cartulary/domain';
import { RevocationLists } from '@cartulary/service';
import { TestDomain } from '@cartulary/service/testing';
import { verifyCrl } from '@cartulary/x509';
import { beforeEach, describe, expect, it } from 'vitest';
import { CertificateCommands } from '../certificate-commands.js';
import { contextOf, issueTo } from '../testing/revocation.fixture.spec.js';
import { CrlAuthor } from './crl-author.js';
import { due } from './due.js';

const open = { cutOff: false, expiredAt: 0 };

describe('CrlAuthor', () => {
  let domain: TestDomain;
  let author: CrlAuthor;
  let lists: RevocationLists;
  beforeEach(async () => {
    domain = await TestDomain.create();
    const { ledger, signer, issuers, settings, clock } = domain;
    author = new CrlAuthor(ledger, signer, issuers, settings, clock);
    lists = new RevocationLists();
  });
  const issuerId = () => domain.issuer('workload').issuerId;
  const stand = async () => {
    for (const event of await domain.ledger.readAll({ after: 0, limit: 1_000 })) lists.apply(event);
    const id = issuerId();
    const [version, prepared, published] = [lists.version(id), lists.prepared(id), lists.published(id)];
    const base = lists.deltaBase(id, domain.clock.now());
    return { issuerId: id, version, prepared, published, ending: lists.ending(id), base };
  };
  const publish = async () => {
    await author.prepare(await stand());
    const prepared = await stand();
    await author.sign(prepared, prepared.prepared!);
    const { published } = await stand();
    return verifyCrl(published!.bytes(), Buffer.from(domain.issuer('workload').certificate, 'base64'));
  };
  const recorded = async () => (await domain.ledger.readStream(publicationStream(issuerId()))).events;
  const revoke = async (life?: number) => {
    const { serial } = await issueTo(domain, life === undefined ? {} : { life });
    const commands = new CertificateCommands(domain.ledger, domain.settings, domain.clock);
    await commands.change(serial, { type: 'RevokeCertificate', reason: 'superseded' }, contextOf());
    return serial;
  };

  it('numbers a CRL by the position of its CrlPrepared, and says of it what it is', async () => {
    const serial = await revoke();
    const crl = await publish();
    const [prepared, published] = await recorded();
    expect(crl.number).toBe(BigInt(prepared!.position));
    expect(published?.data).toMatchObject({ number: prepared!.position, entries: 1 });
    expect(published?.data['size']).toBe(lists.published(issuerId())!.bytes().length);
    expect(crl.entries.map((entry) => entry.serial)).toEqual([serial]);
  });

  describe('with deltas', () => {
    beforeEach(() => {
      const { ledger, signer, issuers, settings, clock } = domain;
      const deltas = { validity: 3_600_000, inCertificates: false };
      author = new CrlAuthor(ledger, signer, issuers, { ...settings, crl: { ...settings.crl, deltas } }, clock);
    });
    const delta = () => {
      const published = lists.publishedDelta(issuerId());
      return published && verifyCrl(published.bytes(), Buffer.from(domain.issuer('workload').certificate, 'base64'));
    };

    it('signs and records both at once, under one number, the delta good for less long', async () => {
      await publish();
      expect(delta()).toBeUndefined();
      const serial = await revoke();
      const crl = await publish();
      expect((await recorded()).map(({ type }) => type)).toEqual([
        ...['CrlPrepared', 'CrlPublished', 'CrlPrepared', 'CrlPublished', 'DeltaCrlPublished'],
      ]);
      const [first, , second, , last] = await recorded();
      expect(delta()).toMatchObject({ number: crl.number, baseNumber: BigInt(first!.position) });
      expect(delta()?.thisUpdate).toEqual(crl.thisUpdate);
      expect(delta()?.nextUpdate?.toISOString()).toBe('2026-03-01T13:00:00.000Z');
      expect(delta()?.entries.map((entry) => entry.serial)).toEqual([serial]);
      expect(second?.data['freshestCrl']).toBe(`http://pki.example:8080/crl/${issuerId()}-delta.crl`);
      expect(last?.data).toMatchObject({ number: second!.position, base: first!.position, entries: 1 });
      expect(crl.extensions).toContainEqual({ oid: '2.5.29.46', critical: false });
    });

    it('has none of the final CRL', async () => {
      await publish();
      await publish();
      expect(delta()).toBeDefined();
      const expired = { issuerId: issuerId(), certificates: 0, expiredAt: '2026-03-01T12:00:00.000Z' };
      await domain.append(issuerStream(issuerId()), { type: 'EpochExpired', data: expired });
      expect((await publish()).extensions.map(({ oid }) => oid)).not.toContain('2.5.29.46');
      expect(delta()).toBeUndefined();
    });
  });

  it('lets the final one last as long as its issuer', async () => {
    const expired = { issuerId: issuerId(), certificates: 0, expiredAt: '2026-03-01T12:00:00.000Z' };
    await domain.append(issuerStream(issuerId()), { type: 'EpochExpired', data: expired });
    const { nextUpdate } = await publish();
    expect(nextUpdate?.toISOString()).toBe(domain.issuer('workload').notAfter);
    const situation = await stand();
    expect(due({ ...situation, changedAt: 0 }, domain.settings.crl, domain.clock.now().getTime())).toEqual({
      action: 'rest',
    });
  });

  it('dates it back by the skew, in whole seconds, and not before its issuer', async () => {
    domain.clock.advance(600_000);
    const { thisUpdate, nextUpdate } = await publish();
    expect(thisUpdate.toISOString()).toBe('2026-03-01T12:05:00.000Z');
    expect(nextUpdate?.toISOString()).toBe('2026-03-02T12:10:00.000Z');
    const [prepared] = await recorded();
    expect(prepared?.data['thisUpdate']).toBe(thisUpdate.toISOString());
    const skewed = await TestDomain.create({ settings: { clockSkew: 0 } });
    const settings = { ...skewed.settings, clockSkew: 300_000 };
    const own = new CrlAuthor(skewed.ledger, skewed.signer, skewed.issuers, settings, skewed.clock);
    const { issuerId: id, notBefore } = skewed.issuer('workload');
    await own.prepare({ issuerId: id, version: 0, prepared: undefined, published: undefined, ending: open });
    const [event] = (await skewed.ledger.readStream(publicationStream(id))).events;
    expect(event?.data['thisUpdate']).toBe(notBefore);
  });

  it('lets an entry go only after it stood in a CRL dated after the certificate’s end', async () => {
    const serial = await revoke(60_000);
    // Expired before the very first CRL, which still lists it.
    domain.clock.advance(3_600_000);
    const listed = async () => (await publish()).entries.map((entry) => entry.serial);
    expect(await listed()).toEqual([serial]);
    domain.clock.advance(60_000);
    expect(await listed()).toEqual([]);
    const [first, , second] = await recorded();
    expect(second?.data['expiredBefore']).toBe(first?.data['thisUpdate']);
  });

  it('keeps the entry while a CRL’s date, set back by the skew, is not past the end', async () => {
    const serial = await revoke(60_000);
    domain.clock.advance(120_000);
    for (const _ of [1, 2, 3]) expect((await publish()).entries.map((entry) => entry.serial)).toEqual([serial]);
    domain.clock.advance(300_000);
    expect((await publish()).entries).toHaveLength(1);
    expect((await publish()).entries).toHaveLength(0);
  });

  it('gives way to a replica that was faster, and passes on every other failure', async () => {
    const before = await stand();
    await Promise.all([author.prepare(before), author.prepare(before)]);
    expect(await recorded()).toHaveLength(1);
    const prepared = await stand();
    await Promise.all([author.sign(prepared, prepared.prepared!), author.sign(prepared, prepared.prepared!)]);
    expect((await recorded()).map(({ type }) => type)).toEqual(['CrlPrepared', 'CrlPublished']);
    domain.ledger.unavailable = true;
    await expect(author.prepare(before)).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
  });
});
