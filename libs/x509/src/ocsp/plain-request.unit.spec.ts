import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { newSerial } from '../asn1/serial.js';
import { TestHierarchy } from '../testing/hierarchy.js';
import { buildOcspRequest, readOcspRequest } from './ocsp-request.js';
import { readPlainRequest } from './plain-request.js';

describe('readPlainRequest', () => {
  let issuer: Buffer;
  beforeAll(async () => {
    issuer = (await TestHierarchy.create(new Date())).issuers.workload.certificate;
  });

  const anyRequest = (): fc.Arbitrary<Buffer> =>
    fc
      .record({
        hash: fc.constantFrom('sha1' as const, 'sha256' as const),
        serial: fc.oneof(fc.constantFrom('7f', '80', 'ff00', '01'), fc.constant(0).map(newSerial)),
        nonce: fc.option(fc.uint8Array({ minLength: 1, maxLength: 128 }), { nil: undefined }),
      })
      .map(({ hash, serial, nonce }) =>
        buildOcspRequest(issuer, [serial], { hash, ...(nonce ? { nonce: Buffer.from(nonce) } : {}) }),
      );

  const general = (bytes: Buffer): unknown => {
    try {
      return readOcspRequest(bytes);
    } catch {
      return undefined;
    }
  };

  it('reads what nearly everybody sends, as the general reader does', () => {
    let plain = 0;
    const property = fc.property(anyRequest(), (bytes) => {
      const read = readPlainRequest(bytes);
      if (read) plain++;
      expect(read ?? general(bytes)).toEqual(general(bytes));
    });
    fc.assert(property, { seed: 6960, numRuns: 1_000 });
    expect(plain).toBeGreaterThan(800);
  });

  it('takes nothing for a request that the general reader refuses or reads otherwise', () => {
    let plain = 0;
    const changes = fc.array(fc.tuple(fc.nat(260), fc.nat(255)), { minLength: 1, maxLength: 3 });
    const property = fc.property(anyRequest(), changes, fc.integer({ min: -3, max: 3 }), (valid, edits, longer) => {
      const bytes = Buffer.concat([valid, Buffer.alloc(3)]).subarray(0, valid.length + longer);
      for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
      const read = readPlainRequest(bytes);
      if (!read) return;
      plain++;
      expect(read).toEqual(general(bytes));
    });
    fc.assert(property, { seed: 5019, numRuns: 20_000 });
    expect(plain).toBeGreaterThan(100);
  });

  it('leaves several certificates to the general reader', () => {
    expect(readPlainRequest(buildOcspRequest(issuer, [newSerial(), newSerial()]))).toBeUndefined();
    expect(readPlainRequest(Buffer.alloc(0))).toBeUndefined();
  });
});
