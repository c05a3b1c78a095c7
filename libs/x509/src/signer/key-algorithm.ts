/** What a signer can generate. */
export type KeyAlgorithm = 'ecdsa-p256' | 'ecdsa-p384' | 'rsa-2048' | 'rsa-3072' | 'rsa-4096' | 'ed25519';

/** What a certified public key can be: RSA comes in any size that the policy lets through. */
export type PublicKeyAlgorithm = 'ecdsa-p256' | 'ecdsa-p384' | 'ed25519' | `rsa-${number}`;

/** How a signature is made; follows from the signing key. */
export type SignatureAlgorithm = 'ecdsa-sha256' | 'ecdsa-sha384' | 'rsa-sha256' | 'ed25519';

export const keyAlgorithms: readonly KeyAlgorithm[] = [
  'ecdsa-p256',
  'ecdsa-p384',
  'rsa-2048',
  'rsa-3072',
  'rsa-4096',
  'ed25519',
];

/** P-256 signs with SHA-256, P-384 with SHA-384, RSA with PKCS #1 v1.5 and SHA-256 (RFC 5758, RFC 8410, RFC 4055). */
export const signatureAlgorithmFor = (key: PublicKeyAlgorithm): SignatureAlgorithm => {
  switch (key) {
    case 'ecdsa-p256':
      return 'ecdsa-sha256';
    case 'ecdsa-p384':
      return 'ecdsa-sha384';
    case 'ed25519':
      return 'ed25519';
    default:
      return 'rsa-sha256';
  }
};
