/** What a signer can generate. ML-DSA is for post-quantum trials: few relying parties understand it (docs/post-quantum.md). */
export type KeyAlgorithm =
  'ecdsa-p256' | 'ecdsa-p384' | 'rsa-2048' | 'rsa-3072' | 'rsa-4096' | 'ed25519' | 'ml-dsa-44' | 'ml-dsa-65';

/** What a certified public key can be: RSA comes in any size that the policy lets through. */
export type PublicKeyAlgorithm = 'ecdsa-p256' | 'ecdsa-p384' | 'ed25519' | 'ml-dsa-44' | 'ml-dsa-65' | `rsa-${number}`;

/** How a signature is made; follows from the signing key. */
export type SignatureAlgorithm = 'ecdsa-sha256' | 'ecdsa-sha384' | 'rsa-sha256' | 'ed25519' | 'ml-dsa-44' | 'ml-dsa-65';

/** What a policy lets through; RSA of any size. */
export type KeyKind = 'ecdsa-p256' | 'ecdsa-p384' | 'ed25519' | 'rsa' | 'ml-dsa-44' | 'ml-dsa-65';

/** Understood by every relying party that we know. */
export const classicKeyKinds: readonly KeyKind[] = ['ecdsa-p256', 'ecdsa-p384', 'ed25519', 'rsa'];

export const keyKindOf = (algorithm: PublicKeyAlgorithm): KeyKind =>
  algorithm.startsWith('rsa-') ? 'rsa' : (algorithm as Exclude<KeyKind, 'rsa'>);

export const keyAlgorithms: readonly KeyAlgorithm[] = [
  'ecdsa-p256',
  'ecdsa-p384',
  'rsa-2048',
  'rsa-3072',
  'rsa-4096',
  'ed25519',
  'ml-dsa-44',
  'ml-dsa-65',
];

/** P-256 signs with SHA-256, P-384 with SHA-384, RSA with PKCS #1 v1.5 and SHA-256; the others hash by themselves (RFC 5758, RFC 4055, RFC 8410, RFC 9881). */
export const signatureAlgorithmFor = (key: PublicKeyAlgorithm): SignatureAlgorithm => {
  switch (key) {
    case 'ecdsa-p256':
      return 'ecdsa-sha256';
    case 'ecdsa-p384':
      return 'ecdsa-sha384';
    case 'ed25519':
    case 'ml-dsa-44':
    case 'ml-dsa-65':
      return key;
    default:
      return 'rsa-sha256';
  }
};
