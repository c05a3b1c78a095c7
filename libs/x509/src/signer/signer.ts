import type { Octets } from '../asn1/octets.js';
import { CertListOctets } from '../crl/cert-list-octets.js';
import { SignerRefusedError } from '../errors.js';
import { Linter, type LintListener } from '../lint/linter.js';
import { type KeyAlgorithm } from './key-algorithm.js';
import { type SignerKey } from './signer-key.js';
import { checkUsage, type SigningUsage } from './signing-usage.js';

export type { SignerKey } from './signer-key.js';

export interface SignRequest {
  readonly keyId: string;
  readonly usage: SigningUsage;
  /** The finished TBS bytes, one DER SEQUENCE; of a CRL, in pieces. */
  readonly toBeSigned: Buffer | CertListOctets;
  /** The signing key's certificate, DER, where the caller has it: the bytes are held against it. */
  readonly certificate?: Buffer;
}

/** The only way to a CA key. Nothing that leaves it holds private key material. */
export abstract class Signer {
  readonly #linter = new Linter();

  /** Makes a key and keeps it durably before the promise resolves. */
  abstract generate(algorithm: KeyAlgorithm): Promise<SignerKey>;

  /** Keeps a PKCS #8 (or SEC 1, PKCS #1) PEM key; importing the same key twice is harmless. */
  abstract import(privateKeyPem: string): Promise<SignerKey>;

  /** Ends a key for good; nothing happens where there is none. Throws SIGNER_REFUSED where that is not possible. */
  async destroy(keyId: string): Promise<void> {
    throw new SignerRefusedError(`this signer does not destroy the key ${keyId}`);
  }

  /** Drops what of a key is held in memory: it was destroyed elsewhere. */
  forget(_keyId: string): void {}

  /** Throws KEYSTORE_KEY_NOT_FOUND. */
  abstract key(keyId: string): Promise<SignerKey>;

  abstract keys(): Promise<readonly SignerKey[]>;

  /**
   * The signature as it stands in X.509's signatureValue. The bytes are linted first and signed as they were linted.
   * Throws SIGNER_REFUSED when they don't fit the usage, LINT_REFUSED when they break a rule, KEYSTORE_KEY_NOT_FOUND.
   */
  async sign(request: SignRequest): Promise<Buffer> {
    const { keyId, usage, toBeSigned } = request;
    const pieced = toBeSigned instanceof CertListOctets;
    checkUsage(usage, pieced ? toBeSigned.head : toBeSigned, toBeSigned.length);
    const rehearsal = this.#linter.check(request, await this.key(keyId));
    if (rehearsal) await rehearsal;
    return pieced ? this.signOctets(keyId, toBeSigned) : this.signBytes(keyId, toBeSigned);
  }

  /** Tells of every finding, also of those that don't keep it from signing. */
  onFinding(listener: LintListener): void {
    this.#linter.listen(listener);
  }

  protected abstract signBytes(keyId: string, bytes: Buffer): Promise<Buffer>;

  /** Signs the same as `signBytes` does; a signer that can hash piece by piece copies nothing. */
  protected signOctets(keyId: string, octets: Octets): Promise<Buffer> {
    return this.signBytes(keyId, octets.join());
  }
}
