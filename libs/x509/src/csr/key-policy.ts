import { type KeyObject } from 'node:crypto';
import { CsrError } from '../errors.js';
import { classicKeyKinds, type KeyKind, keyKindOf, type PublicKeyAlgorithm } from '../signer/key-algorithm.js';
import { isEd25519Key } from '../signer/ed25519-point.js';
import { parsePublicKey, publicKeyBits, spkiOf, type ParsedPublicKey } from '../signer/public-key.js';
import { hasRocaFingerprint } from '../signer/roca.js';
import { publicKeyFromSpki } from '../signer/verify-signature.js';

const smallPrimes = ((): bigint[] => {
  const primes: bigint[] = [];
  for (let n = 3n; n < 752n; n += 2n) if (primes.every((prime) => n % prime !== 0n)) primes.push(n);
  return primes;
})();

const weak = (message: string): CsrError => new CsrError('CSR_WEAK_KEY', message);

const checkRsa = ({ algorithm, modulus, exponent }: Extract<ParsedPublicKey, { type: 'rsa' }>): void => {
  const bits = Number(algorithm.slice(4));
  if (bits < 2048) throw weak('an RSA key has at least 2048 bits');
  // Bounds on both keep the time of a verification bounded.
  if (bits > 8192) throw new CsrError('CSR_UNSUPPORTED_KEY', 'an RSA key has at most 8192 bits');
  if (exponent >= 1n << 64n) throw new CsrError('CSR_UNSUPPORTED_KEY', 'an RSA exponent has at most 64 bits');
  if (exponent < 65_537n || exponent % 2n === 0n) throw weak('an RSA exponent is odd and at least 65537');
  if (modulus % 2n === 0n || smallPrimes.some((prime) => modulus % prime === 0n)) {
    throw weak('the RSA modulus has a small factor');
  }
  if (hasRocaFingerprint(modulus)) throw weak('the RSA modulus can be factored (ROCA)');
};

export const invalidKey = (): CsrError => weak('the public key is not a valid one: not a point on its curve');

export interface AcceptedKey {
  readonly algorithm: PublicKeyAlgorithm;
  readonly key: KeyObject;
}

/**
 * P-256, P-384, Ed25519, RSA of 2048 to 8192 bits, and ML-DSA where the policy names it; cheap checks first, the import
 * (which checks that a point is on its curve) last. Throws CSR_WEAK_KEY, CSR_UNSUPPORTED_KEY, and DER_MALFORMED.
 */
export const acceptKey = (spki: Buffer, kinds: readonly KeyKind[] = classicKeyKinds): AcceptedKey => {
  const parsed = parsePublicKey(spki);
  if (parsed.type === 'other') {
    throw new CsrError('CSR_UNSUPPORTED_KEY', 'keys are P-256, P-384 (named, uncompressed), Ed25519, RSA or ML-DSA');
  }
  const kind = keyKindOf(parsed.algorithm);
  if (!kinds.includes(kind)) throw new CsrError('CSR_UNSUPPORTED_KEY', `${kind} keys are not accepted here`);
  if (parsed.type === 'rsa') checkRsa(parsed);
  // Signatures by a key of small order can be made by anybody.
  if (parsed.algorithm === 'ed25519' && !isEd25519Key(publicKeyBits(spki))) throw weak('nobody holds this Ed25519 key');
  let key: KeyObject;
  try {
    key = publicKeyFromSpki(spki);
  } catch {
    throw invalidKey();
  }
  // One key, one encoding: a block on a key's hash must not be evaded by writing the key differently.
  if (!spkiOf(key).equals(spki)) throw new CsrError('CSR_UNSUPPORTED_KEY', 'the public key is not in canonical form');
  return { algorithm: parsed.algorithm, key };
};
