import { createHash } from 'node:crypto';
import { type CrlPrepared, publicationStream, timestamp } from '@cartulary/domain';
import { assembleCrl, type Octets, parseCrl, type ParsedCrl, signatureAlgorithmFor } from '@cartulary/x509';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeltaBases } from './delta-bases.js';
import { RevocationLists } from './revocation-lists.js';
import { TestDomain } from './testing/index.js';

const HOUR = 3_600_000;
const VALIDITY = 6 * HOUR;
const serials = ['01aa', '01bb', '01cc', '01dd', '01ee', '01ff'];
const url = 'http://pki.example:8080/crl/x-delta.crl';

/** What a relying party makes of a complete CRL and a delta (RFC 5280, section 5.2.4). */
const combined = (complete: ParsedCrl, delta: ParsedCrl): Map<string, string> => {
  const entries = new Map(complete.entries.map(({ serial, reason }) => [serial, reason as string]));
  for (const { serial, reason } of delta.entries) {
    if (reason === 'removeFromCRL') entries.delete(serial);
    else entries.set(serial, reason);
  }
  return entries;
};

class History {
  readonly lists = new RevocationLists();
  /** Of each number, as they were signed. */
  readonly complete: ParsedCrl[] = [];
  readonly deltas: ParsedCrl[] = [];
  readonly notAfter = new Map<string, number>();
  #folded = 0;
  #expiredBefore = new Date(0);

  private constructor(readonly domain: TestDomain) {}

  static async start(): Promise<History> {
    return new History(await TestDomain.create());
  }

  get issuerId() {
    return this.domain.issuer('workload').issuerId;
  }

  async change(type: string, serial: string): Promise<void> {
    const now = this.domain.clock.now();
    const end = this.notAfter.get(serial) ?? now.getTime() + (1 + serials.indexOf(serial)) * 3 * HOUR;
    this.notAfter.set(serial, end);
    const at = timestamp(now);
    const dates = { revokedAt: at, heldAt: at, releasedAt: at, notAfter: timestamp(new Date(end)) };
    const data = { serial, issuerId: this.issuerId, reason: 'superseded', ...dates };
    await this.domain.append(`certificate-${serial}`, { type, data });
  }

  async publish({ deltas = true, validity = VALIDITY } = {}): Promise<void> {
    await this.#catchUp();
    const now = this.domain.clock.now();
    const base = this.lists.deltaBase(this.issuerId, now);
    const prepared: CrlPrepared['data'] = {
      ...{ issuerId: this.issuerId, thisUpdate: timestamp(now), preparedAt: timestamp(now) },
      nextUpdate: timestamp(new Date(now.getTime() + validity)),
      expiredBefore: timestamp(this.#expiredBefore),
      ...(deltas ? { freshestCrl: url } : {}),
      ...(deltas && base ? { delta: { base, nextUpdate: timestamp(new Date(now.getTime() + HOUR)) } } : {}),
    };
    this.#expiredBefore = now;
    const stream = publicationStream(this.issuerId);
    await this.domain.append(stream, { type: 'CrlPrepared', data: prepared });
    await this.#catchUp();
    const { number, delta, toBeSigned } = this.lists.prepared(this.issuerId)!;
    await this.domain.append(stream, {
      type: 'CrlPublished',
      data: { issuerId: this.issuerId, number, ...signed(toBeSigned()) },
    });
    if (delta) {
      const data = { issuerId: this.issuerId, number, base: delta.base, ...signed(delta.toBeSigned()) };
      await this.domain.append(stream, { type: 'DeltaCrlPublished', data });
    }
    await this.#catchUp();
    this.complete.push(parseCrl(this.lists.published(this.issuerId)!.bytes()));
    if (delta) this.deltas.push(parseCrl(this.lists.publishedDelta(this.issuerId)!.bytes()));
  }

  async #catchUp(): Promise<void> {
    for (const event of await this.domain.ledger.readAll({ after: this.#folded, limit: 1_000 })) {
      this.lists.apply(event);
      this.#folded = event.position;
    }
  }
}

const signed = (toBeSigned: Octets): object => {
  const signature = Buffer.alloc(8);
  const bytes = assembleCrl(toBeSigned.join(), signatureAlgorithmFor('ecdsa-p256'), signature);
  return { sha256: createHash('sha256').update(bytes).digest('hex'), signature: signature.toString('base64') };
};

const steps = fc.array(
  fc.record({
    what: fc.constantFrom('CertificateHeld', 'CertificateReleased', 'CertificateRevoked', 'publish', 'publish'),
    serial: fc.constantFrom(...serials),
    minutes: fc.nat(90),
    deltas: fc.constantFrom(true, true, true, false),
  }),
  { minLength: 8, maxLength: 50 },
);

describe('a delta CRL', () => {
  it('makes the newest CRL of every CRL that it may be used with, whatever is revoked, held, released and expires', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (history) => {
        const one = await History.start();
        for (const { what, serial, minutes, deltas } of history) {
          one.domain.clock.advance(minutes * 60_000);
          if (what !== 'publish') await one.change(what, serial);
          else await one.publish({ deltas });
        }
        for (const delta of one.deltas) {
          const full = one.complete.find(({ number }) => number === delta.number)!;
          const usable = one.complete.filter(({ number }) => number! >= delta.baseNumber! && number! < delta.number!);
          // Nobody who has a CRL that has not ended is left out.
          const valid = one.complete.filter((crl) => crl.number! < full.number! && crl.nextUpdate! > full.thisUpdate);
          expect(usable.map(({ number }) => number)).toEqual(expect.arrayContaining(valid.map(({ number }) => number)));
          expect(full.extensions).toContainEqual({ oid: '2.5.29.46', critical: false });
          for (const base of usable) {
            const made = combined(base, delta);
            // What expired may still stand in the base; nobody asks about it.
            for (const serial of made.keys()) {
              const listed = full.entries.some((entry) => entry.serial === serial);
              if (!listed && one.notAfter.get(serial)! < full.thisUpdate.getTime()) made.delete(serial);
            }
            expect(made).toEqual(new Map(full.entries.map(({ serial, reason }) => [serial, reason])));
          }
        }
      }),
      { numRuns: process.env['CARTULARY_FULL'] ? 1_000 : 40 },
    );
  }, 600_000);

  it('takes off what is released, says hold and revocation anew, and nothing of what has not changed', async () => {
    const history = await History.start();
    const [held, released, kept, turned] = serials as [string, string, string, string];
    await history.change('CertificateRevoked', kept);
    await history.change('CertificateHeld', released);
    await history.change('CertificateHeld', turned);
    await history.publish();
    expect(history.lists.publishedDelta(history.issuerId)).toBeUndefined();
    await history.change('CertificateHeld', held);
    await history.change('CertificateReleased', released);
    await history.change('CertificateRevoked', turned);
    await history.publish();
    const [delta] = history.deltas;
    expect(delta).toMatchObject({ number: history.complete[1]!.number, baseNumber: history.complete[0]!.number });
    expect(delta?.entries.map(({ serial, reason }) => [serial, reason])).toEqual([
      [held, 'certificateHold'],
      [released, 'removeFromCRL'],
      [turned, 'superseded'],
    ]);
    expect(history.lists.prepared(history.issuerId)?.delta?.entries).toBe(3);
    expect(history.complete[1]?.entries.map(({ reason }) => reason)).not.toContain('removeFromCRL');
  });

  it('is no more once an issuer has none', async () => {
    const history = await History.start();
    await history.publish();
    await history.publish();
    expect(history.lists.publishedDelta(history.issuerId)).toBeDefined();
    await history.publish({ deltas: false });
    expect(history.lists.publishedDelta(history.issuerId)).toBeUndefined();
    expect(history.complete.at(-1)?.extensions.map(({ oid }) => oid)).not.toContain('2.5.29.46');
  });
});

describe('DeltaBases', () => {
  it('give the oldest CRL that has not ended, or one shortly before, and keep few', () => {
    const published = fc.array(fc.nat(100_000), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(published, fc.integer({ min: 1_000, max: 2 * HOUR }), (pauses, validity) => {
        const bases = new DeltaBases();
        const crls: { number: number; nextUpdate: number }[] = [];
        let now = 0;
        expect(bases.at(new Date(0))).toBeUndefined();
        for (const [number, pause] of pauses.entries()) {
          now += pause;
          crls.push({ number, nextUpdate: now + validity });
          bases.add(number, new Date(now + validity), new Date(now));
          const oldest = crls.find(({ nextUpdate }) => nextUpdate > now)!;
          const base = crls[bases.at(new Date(now))!]!;
          expect(base.number).toBeLessThanOrEqual(oldest.number);
          expect(oldest.nextUpdate - base.nextUpdate).toBeLessThan(validity + 200_000);
        }
      }),
    );
  });
});
