import { type CertificateRule } from '../to-sign.js';
import { type KeyKind } from '../view/key-view.js';

// SEC 2 / FIPS 186-5: y² = x³ − 3x + b over p.
const curves: Partial<Record<KeyKind, { readonly p: bigint; readonly b: bigint; readonly octets: number }>> = {
  p256: {
    p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
    octets: 32,
  },
  p384: {
    p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
    octets: 48,
  },
};

/** Computed here, not by the library that imported the key. */
export const curvePoint: CertificateRule = {
  id: 'certificate.key.point',
  section: 'RFC 5480, section 2.2; SEC 1, section 3.2.2.1',
  severity: 'error',
  check: ({ certificate: { key } }) => {
    const curve = curves[key.kind];
    if (!curve || key.bits?.length !== 1 + 2 * curve.octets) return undefined; // another rule's
    if (key.bits[0] !== 0x04) return 'the point is compressed or hybrid';
    const { p, b, octets } = curve;
    const x = BigInt(`0x${key.bits.toString('hex', 1, 1 + octets)}`);
    const y = BigInt(`0x${key.bits.toString('hex', 1 + octets)}`);
    if (x >= p || y >= p) return 'a coordinate of the point is not below the prime';
    return (y * y - (x * x - 3n) * x - b) % p === 0n ? undefined : 'the point is not on its curve';
  },
};
