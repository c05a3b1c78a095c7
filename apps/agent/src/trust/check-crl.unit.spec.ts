import { beforeAll, describe, expect, it } from 'vitest';
import { RevokedEntries } from '@cartulary/x509';
import { publishCrl, TestHierarchy } from '@cartulary/x509/testing';
import { checkCrl } from './check-crl.js';

const now = new Date('2026-11-26T12:00:00Z');
const hours = (count: number): Date => new Date(now.getTime() + count * 3_600_000);

describe('a CRL on its way to a proxy', () => {
  let ca: TestHierarchy;
  beforeAll(async () => {
    ca = await TestHierarchy.create(now);
  });

  const crl = (number: bigint, thisUpdate = hours(-1), nextUpdate = hours(24)) =>
    publishCrl(ca.issuers.workload, ca.signer, new RevokedEntries(), number, { thisUpdate, nextUpdate });
  const authorities = () => [ca.root.certificate, ca.intermediate.certificate, ca.issuers.workload.certificate];
  const check = (der: Buffer, number: bigint, previous?: bigint, known = authorities()) =>
    checkCrl(
      { issuerId: 'epoch', number, der },
      { authorities: known, now, ...(previous === undefined ? {} : { previous: { number: previous } }) },
    );
  const refusal = (attempt: () => unknown): string => {
    try {
      attempt();
      return 'accepted';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };

  it('passes when it is what it says', async () => {
    const der = await crl(5n);
    expect(check(der, 5n, 5n)).toMatchObject({ number: 5n, der, issuer: ca.issuers.workload.certificate });
  });

  it('is refused empty, cut short, as PEM, or as something else', async () => {
    const der = await crl(5n);
    expect(refusal(() => check(Buffer.alloc(0), 5n))).toBe('CRL_EMPTY');
    expect(refusal(() => check(der.subarray(0, -1), 5n))).toBe('CRL_MALFORMED');
    expect(refusal(() => check(Buffer.from('-----BEGIN X509 CRL-----'), 5n))).toBe('CRL_MALFORMED');
    expect(refusal(() => check(ca.root.certificate, 5n))).toBe('CRL_MALFORMED');
  });

  it('is refused with a signature of another’s', async () => {
    const der = Buffer.from(await crl(5n));
    der[der.length - 1]! ^= 1;
    expect(refusal(() => check(der, 5n))).toBe('CRL_BAD_SIGNATURE');
    const stranger = await TestHierarchy.create(now);
    const known = [stranger.root.certificate, stranger.issuers.workload.certificate];
    expect(refusal(() => check(der, 5n, undefined, known))).toBe('CRL_BAD_SIGNATURE');
  });

  it('is refused when its CA is not in the bundle', async () => {
    const der = await crl(5n);
    expect(refusal(() => check(der, 5n, undefined, [ca.root.certificate]))).toBe('CRL_UNKNOWN_ISSUER');
  });

  it('is refused with a number that goes back, or is not the one announced', async () => {
    const der = await crl(5n);
    expect(refusal(() => check(der, 5n, 6n))).toBe('CRL_NUMBER_LOWER');
    expect(refusal(() => check(der, 7n))).toBe('CRL_NUMBER_OTHER');
  });

  it('is refused after its end and before its beginning', async () => {
    const [ended, early] = [await crl(5n, hours(-3), hours(-1)), await crl(5n, hours(1), hours(3))];
    expect(refusal(() => check(ended, 5n))).toBe('CRL_EXPIRED');
    expect(refusal(() => check(early, 5n))).toBe('CRL_NOT_YET_VALID');
  });
});
