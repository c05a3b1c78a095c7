import { createHash, type KeyObject } from 'node:crypto';
import { DerReader, malformed } from '../asn1/der-reader.js';
import { oid } from '../asn1/oid.js';
import { type PublicKeyAlgorithm } from './key-algorithm.js';

/** SHA-256 of the SPKI, lower-case hex. */
export const keyHashOf = (spki: Buffer): string => createHash('sha256').update(spki).digest('hex');

export const spkiOf = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });

/** The subjectPublicKey's octets: what SHA-1 key identifiers and OCSP's key hashes are made of. */
export const publicKeyBits = (spki: Buffer): Buffer => {
  const reader = new DerReader(spki).enter();
  reader.enter();
  return reader.wholeBits();
};

/** RFC 7093, section 2, method 1: the leftmost 160 bits of the SHA-256 of the public key's bits. */
export const keyIdentifierOf = (spki: Buffer): Buffer =>
  createHash('sha256').update(publicKeyBits(spki)).digest().subarray(0, 20);

const curves: Readonly<Record<string, { algorithm: PublicKeyAlgorithm; pointOctets: number }>> = {
  [oid.p256]: { algorithm: 'ecdsa-p256', pointOctets: 65 },
  [oid.p384]: { algorithm: 'ecdsa-p384', pointOctets: 97 },
};

export type ParsedPublicKey =
  | { readonly type: 'other' }
  | { readonly type: 'named'; readonly algorithm: PublicKeyAlgorithm }
  | {
      readonly type: 'rsa';
      readonly algorithm: PublicKeyAlgorithm;
      readonly modulus: bigint;
      readonly exponent: bigint;
    };

const parseRsa = (parameters: DerReader, bits: Buffer): ParsedPublicKey => {
  parameters.enter(0x05).finish();
  parameters.finish();
  const outer = new DerReader(bits);
  const key = outer.enter();
  outer.finish();
  const modulusHex = key.unsignedHex();
  const exponent = key.unsigned();
  key.finish();
  const modulus = BigInt(`0x${modulusHex}`);
  // Bits, not octets: a 2 047-bit modulus is refused as one.
  const bitLength = modulusHex.length * 4 - (Math.clz32(Number.parseInt(modulusHex.slice(0, 2), 16)) - 24);
  return { type: 'rsa', algorithm: `rsa-${bitLength}`, modulus, exponent };
};

// FIPS 204, table 2.
const mlDsaOctets = { 'ml-dsa-44': 1312, 'ml-dsa-65': 1952 } as const;

/** RFC 9881, section 4: no parameters, the key as it is. */
const mlDsa = (algorithm: keyof typeof mlDsaOctets, parameters: DerReader, bits: Buffer): ParsedPublicKey => {
  parameters.finish();
  if (bits.length !== mlDsaOctets[algorithm]) throw malformed('an ML-DSA key has another length');
  return { type: 'named', algorithm };
};

/**
 * Reads a SubjectPublicKeyInfo without importing it. 'other' is a key that is well formed and not ours: another
 * algorithm, another curve, explicit curve parameters, a compressed point (a second encoding of the same key would
 * slip past a block on its hash). Throws DER_MALFORMED.
 */
export const parsePublicKey = (spki: Buffer): ParsedPublicKey => {
  const outer = new DerReader(spki);
  const reader = outer.enter();
  outer.finish();
  const identifier = reader.enter();
  const bits = reader.wholeBits();
  reader.finish();
  switch (identifier.objectIdentifier()) {
    case oid.ecPublicKey: {
      if (identifier.tag !== 0x06) return { type: 'other' };
      const curve = curves[identifier.objectIdentifier()];
      identifier.finish();
      if (!curve || bits.length !== curve.pointOctets || bits[0] !== 0x04) return { type: 'other' };
      return { type: 'named', algorithm: curve.algorithm };
    }
    case oid.ed25519:
      identifier.finish();
      if (bits.length !== 32) throw malformed('an Ed25519 key has 32 octets');
      return { type: 'named', algorithm: 'ed25519' };
    case oid.mlDsa44:
      return mlDsa('ml-dsa-44', identifier, bits);
    case oid.mlDsa65:
      return mlDsa('ml-dsa-65', identifier, bits);
    case oid.rsaEncryption:
      return parseRsa(identifier, bits);
    default:
      return { type: 'other' };
  }
};
