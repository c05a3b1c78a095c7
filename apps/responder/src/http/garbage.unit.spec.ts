import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildOcspRequest } from '@cartulary/x509';
import { ocspPath, openPublicSide, parsed, type PublicSide } from '../testing/public-side.fixture.spec.js';

const options = { seed: 5019, numRuns: 150 };

describe('garbage sent to /ocsp', () => {
  let side: PublicSide;
  let valid: Buffer;
  beforeAll(async () => {
    side = await openPublicSide();
    const { serial } = await side.authority.issue(side.workload);
    valid = buildOcspRequest(side.workload.certificate, [serial], { nonce: Buffer.alloc(16, 1) });
  });
  afterAll(() => side.close());

  const statusOf = async (bytes: Uint8Array): Promise<string> => {
    const response = await side.postOcsp(bytes);
    expect(response.status).toBe(200);
    return (await parsed(response)).status;
  };

  it('is malformed, whatever the bytes', () =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), async (bytes) => {
        expect(await statusOf(bytes)).toBe('malformedRequest');
      }),
      options,
    ));

  it('gets an OCSP answer also where it is nearly right', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.nat(valid.length),
        async (changes, length) => {
          const bytes = Buffer.from(valid);
          for (const [offset, value] of changes) bytes[offset] = value;
          const said = ['malformedRequest', 'unauthorized', 'successful'];
          expect(said).toContain(await statusOf(bytes));
          expect(length === valid.length || (await statusOf(valid.subarray(0, length))) === 'malformedRequest').toBe(
            true,
          );
        },
      ),
      { ...options, numRuns: 60 },
    ));

  it('is malformed in a path too', () =>
    fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1, maxLength: 500, unit: 'binary-ascii' }), async (text) => {
        const response = await side.get(`/ocsp/${encodeURIComponent(text).replaceAll('.', '%2E')}`);
        expect(response.status).toBe(200);
        expect(response.headers.get('cache-control')).toBe('no-store');
        expect((await parsed(response)).status).toBe('malformedRequest');
      }),
      options,
    ));

  it('does not disturb a good request', async () => {
    expect((await parsed(await side.get(ocspPath(valid)))).status).toBe('successful');
  });

  it('takes bounded time where a small body claims to be deep or full', async () => {
    const deep = Buffer.concat(Array.from({ length: 2_000 }, () => Buffer.from([0x30, 0x80])));
    const many = Buffer.concat([Buffer.from([0x30, 0x82, 0x1f, 0xf0]), Buffer.alloc(8_000, Buffer.from([0x05, 0x00]))]);
    const started = performance.now();
    for (const bytes of [deep, many]) expect(await statusOf(bytes)).toBe('malformedRequest');
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
