import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { DerReader } from '../asn1/der-reader.js';
import { oid } from '../asn1/oid.js';

type KeyType = 'ec' | 'rsa' | 'ed25519' | 'ml-dsa-44' | 'ml-dsa-65';

const known: Readonly<Record<string, { key: KeyType; hash: string | null; name: string }>> = {
  [oid.ecdsaWithSha256]: { key: 'ec', hash: 'sha256', name: 'ecdsa-sha256' },
  [oid.ecdsaWithSha384]: { key: 'ec', hash: 'sha384', name: 'ecdsa-sha384' },
  [oid.ecdsaWithSha512]: { key: 'ec', hash: 'sha512', name: 'ecdsa-sha512' },
  [oid.sha256WithRsa]: { key: 'rsa', hash: 'sha256', name: 'rsa-sha256' },
  [oid.sha384WithRsa]: { key: 'rsa', hash: 'sha384', name: 'rsa-sha384' },
  [oid.sha512WithRsa]: { key: 'rsa', hash: 'sha512', name: 'rsa-sha512' },
  [oid.ed25519]: { key: 'ed25519', hash: null, name: 'ed25519' },
  [oid.mlDsa44]: { key: 'ml-dsa-44', hash: null, name: 'ml-dsa-44' },
  [oid.mlDsa65]: { key: 'ml-dsa-65', hash: null, name: 'ml-dsa-65' },
};

const weak: ReadonlySet<string> = new Set([
  oid.md2WithRsa,
  oid.md5WithRsa,
  oid.sha1WithRsa,
  oid.sha1WithRsaOiw,
  oid.sha224WithRsa,
  oid.ecdsaWithSha1,
  oid.ecdsaWithSha224,
]);

export interface SignatureMethod {
  /** Object identifier. */
  readonly oid: string;
  readonly strength: 'accepted' | 'weak' | 'unknown';
  /** Our name for it, else the object identifier. */
  readonly name: string;
}

/** Reads an AlgorithmIdentifier; parameters are absent, or NULL for RSA (RFC 4055, section 5). */
export const readSignatureMethod = (identifier: Buffer): SignatureMethod => {
  const reader = new DerReader(identifier).enter();
  const algorithm = reader.objectIdentifier();
  const method = known[algorithm];
  if (method?.key === 'rsa') reader.optional(0x05)?.finish();
  if (method) reader.finish();
  const strength = method ? 'accepted' : weak.has(algorithm) ? 'weak' : 'unknown';
  return { oid: algorithm, strength, name: method?.name ?? algorithm };
};

/** False for a wrong signature, a key of another type and every algorithm that is not accepted; never throws. */
export const verifySignature = (method: SignatureMethod, key: KeyObject, bytes: Buffer, signature: Buffer): boolean => {
  const algorithm = known[method.oid];
  if (!algorithm || key.asymmetricKeyType !== algorithm.key) return false;
  try {
    return verify(algorithm.hash, bytes, key, signature);
  } catch {
    return false;
  }
};

/** Throws Node's error when the bytes are no key. */
export const publicKeyFromSpki = (spki: Buffer): KeyObject =>
  createPublicKey({ key: spki, format: 'der', type: 'spki' });
