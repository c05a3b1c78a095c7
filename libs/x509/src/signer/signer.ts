import { type KeyAlgorithm, type PublicKeyAlgorithm } from './key-algorithm.js';
import { lintToBeSigned, type SigningUsage } from './lint-to-be-signed.js';

export interface SignerKey {
  /** Names the key in its store; equals keyHash. */
  readonly keyId: string;
  readonly algorithm: PublicKeyAlgorithm;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Buffer;
  /** SHA-256 of the SPKI, lower-case hex. */
  readonly keyHash: string;
}

export interface SignRequest {
  readonly keyId: string;
  readonly usage: SigningUsage;
  /** The finished TBS bytes, one DER SEQUENCE. */
  readonly toBeSigned: Buffer;
}

/** The only way to a CA key. Nothing that leaves it holds private key material. */
export abstract class Signer {
  /** Makes a key and keeps it durably before the promise resolves. */
  abstract generate(algorithm: KeyAlgorithm): Promise<SignerKey>;

  /** Keeps a PKCS #8 (or SEC 1, PKCS #1) PEM key; importing the same key twice is harmless. */
  abstract import(privateKeyPem: string): Promise<SignerKey>;

  /** Throws KEYSTORE_KEY_NOT_FOUND. */
  abstract key(keyId: string): Promise<SignerKey>;

  abstract keys(): Promise<readonly SignerKey[]>;

  /** The signature as it stands in X.509's signatureValue; throws SIGNER_REFUSED when the bytes don't fit the usage. */
  async sign(request: SignRequest): Promise<Buffer> {
    lintToBeSigned(request.usage, request.toBeSigned);
    return this.signBytes(request.keyId, request.toBeSigned);
  }

  protected abstract signBytes(keyId: string, bytes: Buffer): Promise<Buffer>;
}
