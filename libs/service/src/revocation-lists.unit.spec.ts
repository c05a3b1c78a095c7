import { createHash } from 'node:crypto';
import { type CrlPrepared, publicationStream, timestamp } from '@cartulary/domain';
import type { RecordedEvent } from '@cartulary/ledger';
import {
  assembleCrl,
  certificateFacts,
  type Octets,
  parseCrl,
  signatureAlgorithmFor,
  verifyCrl,
} from '@cartulary/x509';
import { beforeEach, describe, expect, it } from 'vitest';
import { CrlMismatchError, type PublishedCrl } from './crl-bytes.js';
import { RevocationLists } from './revocation-lists.js';
import { TestDomain } from './testing/index.js';

const [one, two, three] = ['01aa', '01bb', '01cc'];
const SOON = '2026-03-01T13:00:00.000Z';
const LATER = '2026-03-05T00:00:00.000Z';

describe('RevocationLists', () => {
  let domain: TestDomain;
  let lists: RevocationLists;
  let folded: number;
  beforeEach(async () => {
    domain = await TestDomain.create();
    lists = new RevocationLists();
    folded = 0;
    await catchUp();
  });
  const issuerId = () => domain.issuer('workload').issuerId;
  const events = (after = 0) => domain.ledger.readAll({ after, limit: 1_000 });
  const catchUp = async () => {
    for (const event of await events(folded)) {
      lists.apply(event);
      folded = event.position;
    }
  };
  const change = async (type: string, serial: string, data: object, notAfter = LATER) => {
    const at = timestamp(domain.clock.now());
    const dates = { revokedAt: at, heldAt: at, releasedAt: at };
    await domain.append(`certificate-${serial}`, {
      type,
      data: { serial, issuerId: issuerId(), notAfter, ...dates, ...data },
    });
  };
  const revoke = (serial: string, notAfter?: string) =>
    change('CertificateRevoked', serial, { reason: 'keyCompromise', invalidityDate: '2026-02-28T00:00:00Z' }, notAfter);
  const prepare = async (over: Partial<CrlPrepared['data']> = {}): Promise<number> => {
    const now = domain.clock.now();
    const data = {
      issuerId: issuerId(),
      thisUpdate: timestamp(now),
      nextUpdate: timestamp(new Date(now.getTime() + 3_600_000)),
      expiredBefore: timestamp(new Date(0)),
      preparedAt: timestamp(now),
      ...over,
    };
    const [event] = await domain.append(publicationStream(issuerId()), { type: 'CrlPrepared', data });
    await catchUp();
    return event!.position;
  };
  const publish = async (over: object = {}): Promise<void> => {
    const { number, toBeSigned, entries } = lists.prepared(issuerId())!;
    const { keyId } = domain.issuer('workload');
    const signature = await domain.signer.sign({ keyId, usage: 'crl', toBeSigned: toBeSigned() });
    const bytes = assembleCrl(toBeSigned().join(), signatureAlgorithmFor('ecdsa-p256'), signature);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const data = { issuerId: issuerId(), number, entries, sha256, signature: signature.toString('base64'), ...over };
    await domain.append(publicationStream(issuerId()), { type: 'CrlPublished', data });
  };
  const serialsIn = (tbs: Octets) => {
    const bytes = assembleCrl(tbs.join(), signatureAlgorithmFor('ecdsa-p256'), Buffer.alloc(8));
    return parseCrl(bytes).entries.map(({ serial }) => serial);
  };
  const published = (from = lists): PublishedCrl => from.published(issuerId())!;

  it('rebuilds elsewhere, later and in other batches the very bytes that were published', async () => {
    await revoke(two);
    await change('CertificateHeld', one, {});
    await revoke(three);
    const number = await prepare();
    await publish();
    await revoke('01dd');
    await catchUp();
    const responder = new RevocationLists();
    for (const event of await events()) responder.apply(event);
    expect(published(responder).bytes()).toEqual(published().bytes());
    const crl = verifyCrl(published().bytes(), Buffer.from(domain.issuer('workload').certificate, 'base64'));
    expect(crl.number).toBe(BigInt(number));
    expect(crl.entries.map(({ serial, reason }) => [serial, reason])).toEqual([
      [one, 'certificateHold'],
      [two, 'keyCompromise'],
      [three, 'keyCompromise'],
    ]);
    expect(published().sha256).toBe(createHash('sha256').update(published().bytes()).digest('hex'));
  });

  it('leaves what comes after CrlPrepared to the next one, also when it was folded before the bytes were made', async () => {
    await revoke(one);
    await prepare();
    const first = lists.prepared(issuerId())!;
    await revoke(two);
    await change('CertificateRevoked', one, { reason: 'cACompromise' });
    await catchUp();
    expect(serialsIn(first.toBeSigned())).toEqual([one]);
    expect(first.entries).toBe(1);
    await prepare();
    expect(serialsIn(lists.prepared(issuerId())!.toBeSigned())).toEqual([one, two]);
  });

  it('forgets a hold that was released, and an expired entry once the CRL says so', async () => {
    await change('CertificateHeld', one, {});
    await revoke(two, SOON);
    await change('CertificateReleased', one, {});
    await prepare({ expiredBefore: timestamp(new Date(SOON)) });
    expect(serialsIn(lists.prepared(issuerId())!.toBeSigned())).toEqual([two]);
    await prepare({ expiredBefore: timestamp(new Date(Date.parse(SOON) + 1)) });
    expect(serialsIn(lists.prepared(issuerId())!.toBeSigned())).toEqual([]);
  });

  it('does not offer a CRL whose bytes are not those that were published', async () => {
    await prepare();
    await publish({ sha256: 'ab'.repeat(32) });
    await catchUp();
    expect(() => published().bytes()).toThrow(CrlMismatchError);
  });

  it('goes on with the last published one while the next is prepared, and passes over a superseded one', async () => {
    const first = await prepare();
    await publish();
    await catchUp();
    await revoke(one);
    const second = await prepare();
    expect([published().number, lists.prepared(issuerId())!.number]).toEqual([first, second]);
    await publish({ number: first });
    await catchUp();
    expect(published().number).toBe(first);
    await publish();
    await catchUp();
    expect(published().number).toBe(second);
    expect(lists.version(issuerId())).toBe(5);
  });

  it('changes nothing when a batch comes again after later events', async () => {
    await prepare();
    await revoke(one);
    await catchUp();
    const before = lists.prepared(issuerId())!;
    for (const event of await events()) lists.apply(event);
    expect(lists.prepared(issuerId())).toBe(before);
    expect(serialsIn(lists.prepared(issuerId())!.toBeSigned())).toEqual([]);
  });

  it('knows the newest change of each issuer, and nothing of issuers that it was not told of', async () => {
    expect(lists.changedAt(issuerId())).toBe(0);
    await revoke(one);
    await catchUp();
    expect(lists.changedAt(issuerId())).toBe(folded);
    expect(lists.changedAt(domain.issuer('server').issuerId)).toBe(0);
    const stranger = { type: 'CertificateRevoked', position: folded + 1, version: 1, data: { issuerId: 'ff' } };
    expect(() => lists.apply(stranger as unknown as RecordedEvent)).not.toThrow();
    expect(lists.issuers()).toHaveLength(5);
  });

  it('puts an issuer that was cut off on its parent’s CRL, and says so of its own', async () => {
    const { notAfter, certificate } = domain.issuer('workload');
    const { serial } = certificateFacts(Buffer.from(certificate, 'base64'));
    const parent = domain.issuer('root').issuerId;
    const data = {
      ...{ issuerId: issuerId(), parent, serial, notAfter, reason: 'cACompromise' },
      ...{ revokedAt: '2026-03-01T12:00:01.000Z', invalidityDate: '2026-02-28T00:00:00.000Z' },
    };
    const [cut] = await domain.append(`issuer-${issuerId()}`, { type: 'IssuerCompromised', data });
    await catchUp();
    expect(lists.ending(issuerId())).toEqual({ cutOff: true, expiredAt: 0 });
    expect(lists.ending(parent)).toEqual({ cutOff: false, expiredAt: 0 });
    expect(lists.changedAt(parent)).toBe(cut?.position);
    expect(lists.changedAt(issuerId())).toBe(0);
    await prepare({ issuerId: parent });
    expect(lists.prepared(parent)?.entries).toBe(1);
    const crl = parseCrl(
      assembleCrl(lists.prepared(parent)!.toBeSigned().join(), signatureAlgorithmFor('ecdsa-p256'), Buffer.alloc(8)),
    );
    expect(crl.entries).toMatchObject([{ serial, reason: 'cACompromise', revokedAt: new Date(data.revokedAt) }]);
  });

  it('says when an epoch has expired, by the first event that does', async () => {
    const data = { issuerId: issuerId(), certificates: 0, expiredAt: '2026-03-01T12:00:00.000Z' };
    const [first] = await domain.append(`issuer-${issuerId()}`, { type: 'EpochExpired', data });
    await domain.append(`issuer-${issuerId()}`, { type: 'EpochExpired', data });
    await catchUp();
    expect(lists.ending(issuerId())).toEqual({ cutOff: false, expiredAt: first?.position });
  });
});
