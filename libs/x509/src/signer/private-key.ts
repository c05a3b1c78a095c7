import { createPrivateKey, createPublicKey, createSign, generateKeyPair, sign, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { contextPrimitive, integer, objectIdentifier, octetString, sequence } from '../asn1/der-writer.js';
import { inTurns } from '../asn1/in-turns.js';
import type { Octets } from '../asn1/octets.js';
import { oid } from '../asn1/oid.js';
import { derToPem } from '../asn1/pem.js';
import { KeyStoreError } from '../errors.js';
import { type KeyAlgorithm, type PublicKeyAlgorithm } from './key-algorithm.js';
import { keyHashOf, parsePublicKey, spkiOf } from './public-key.js';
import { type SignerKey } from './signer-key.js';

const generate = promisify(generateKeyPair);

const generateParameters = async (algorithm: KeyAlgorithm): Promise<KeyObject> => {
  switch (algorithm) {
    case 'ecdsa-p256':
      return (await generate('ec', { namedCurve: 'P-256' })).privateKey;
    case 'ecdsa-p384':
      return (await generate('ec', { namedCurve: 'P-384' })).privateKey;
    case 'ed25519':
      return (await generate('ed25519')).privateKey;
    case 'ml-dsa-44':
      return (await generate('ml-dsa-44')).privateKey;
    case 'ml-dsa-65':
      return (await generate('ml-dsa-65')).privateKey;
    default:
      return (await generate('rsa', { modulusLength: Number(algorithm.slice(4)) })).privateKey;
  }
};

/** A key that lives with its holder (operator, agent, test), outside any signer. */
export const generatePrivateKey = (algorithm: KeyAlgorithm): Promise<KeyObject> => generateParameters(algorithm);

/** Throws KEYSTORE_UNSUPPORTED_KEY; the message and cause hold nothing of the key. */
export const describePrivateKey = (key: KeyObject): SignerKey => {
  const spki = spkiOf(createPublicKey(key));
  const parsed = parsePublicKey(spki);
  if (
    parsed.type === 'other' ||
    (parsed.type === 'rsa' && (parsed.modulus < 1n << 2047n || parsed.modulus >= 1n << 8192n))
  ) {
    throw new KeyStoreError(
      'KEYSTORE_UNSUPPORTED_KEY',
      'only P-256, P-384, Ed25519, ML-DSA-44, ML-DSA-65 and RSA of 2048 to 8192 bits',
    );
  }
  const keyHash = keyHashOf(spki);
  return { keyId: keyHash, algorithm: parsed.algorithm, spki, keyHash };
};

const seedOids: Readonly<Record<string, string>> = { 'ml-dsa-44': oid.mlDsa44, 'ml-dsa-65': oid.mlDsa65 };

/**
 * PKCS #8 PEM, not encrypted. ML-DSA as its seed alone (RFC 9881, section 6): BoringSSL and Python read nothing else,
 * and Node would write the expanded key as well.
 */
export const privateKeyToPem = (key: KeyObject): string => {
  const seedOid = seedOids[key.asymmetricKeyType ?? ''];
  if (seedOid === undefined) return key.export({ type: 'pkcs8', format: 'pem' }).toString();
  const seed = Buffer.from(String(key.export({ format: 'jwk' })['priv']), 'base64url');
  const seedOnly = octetString(contextPrimitive(0, seed));
  return derToPem(sequence(integer(0), sequence(objectIdentifier(seedOid)), seedOnly), 'PRIVATE KEY');
};

/** PKCS #8, SEC 1 or PKCS #1 PEM, not encrypted. Throws KEYSTORE_UNSUPPORTED_KEY. */
export const readPrivateKeyPem = (pem: string): KeyObject => {
  try {
    return createPrivateKey(pem);
  } catch {
    // No cause: a parser's message could quote what it failed on.
    throw new KeyStoreError('KEYSTORE_UNSUPPORTED_KEY', 'not a private key in PEM, or one with a passphrase');
  }
};

const hashes: Readonly<Record<string, string | null>> = {
  'ecdsa-p256': 'sha256',
  'ecdsa-p384': 'sha384',
  ed25519: null,
  'ml-dsa-44': null,
  'ml-dsa-65': null,
};

const hashOf = (algorithm: PublicKeyAlgorithm): string | null =>
  hashes[algorithm] === undefined ? 'sha256' : hashes[algorithm];

// Above this, or with RSA or ML-DSA (milliseconds), a signature takes long enough to be worth a thread.
const inlineBytes = 64 * 1024;
const isSlow = (algorithm: PublicKeyAlgorithm): boolean => /^(?:rsa|ml-dsa)-/.test(algorithm);

/** The signatureValue: ECDSA as DER, RSA as PKCS #1 v1.5, Ed25519 and ML-DSA (pure, no context) as it comes. */
export const signWithKey = (key: KeyObject, algorithm: PublicKeyAlgorithm, bytes: Buffer): Promise<Buffer> => {
  if (isSlow(algorithm) || bytes.length > inlineBytes) return signOnPool(key, algorithm, bytes);
  return Promise.resolve(sign(hashOf(algorithm), bytes, key));
};

/** As `signWithKey`, on a thread of libuv's pool: for who has something else to do meanwhile. */
export const signOnPool = (key: KeyObject, algorithm: PublicKeyAlgorithm, bytes: Buffer): Promise<Buffer> =>
  new Promise((resolve, reject) =>
    sign(hashOf(algorithm), bytes, key, (error, signature) => (error ? reject(error) : resolve(signature))),
  );

/** As `signWithKey`; where the algorithm hashes first, the pieces are hashed where they lie, in many short turns. */
export const signOctetsWithKey = async (
  key: KeyObject,
  algorithm: PublicKeyAlgorithm,
  octets: Octets,
): Promise<Buffer> => {
  const hash = hashOf(algorithm);
  if (hash === null || isSlow(algorithm) || octets.length <= inlineBytes) {
    return signWithKey(key, algorithm, octets.join());
  }
  const signing = createSign(hash);
  await inTurns(octets, (piece) => void signing.update(piece));
  return signing.sign(key);
};
