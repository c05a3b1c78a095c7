import {
  isCanary,
  type KeyAlgorithm,
  type LintListener,
  Signer,
  SignerRefusedError,
  type SignerKey,
  type SigningUsage,
  type SignRequest,
} from '@cartulary/x509';

/** What one service may ask the CA's keys for. */
export interface SignerRights {
  readonly usages: readonly SigningUsage[];
  /** Whether it makes, imports and destroys keys. */
  readonly makesKeys?: boolean;
  /** Canaries, of all certificates. */
  readonly canaries?: boolean;
}

/** DESIGN §10: issuance, rotation and revocation may sign, each for its own purposes only. */
export class RestrictedSigner extends Signer {
  constructor(
    private readonly signer: Signer,
    private readonly rights: SignerRights,
  ) {
    super();
  }

  override async generate(algorithm: KeyAlgorithm): Promise<SignerKey> {
    this.#demandKeys();
    return this.signer.generate(algorithm);
  }

  override async import(privateKeyPem: string): Promise<SignerKey> {
    this.#demandKeys();
    return this.signer.import(privateKeyPem);
  }

  override async destroy(keyId: string): Promise<void> {
    this.#demandKeys();
    return this.signer.destroy(keyId);
  }

  override forget(keyId: string): void {
    this.signer.forget(keyId);
  }

  override key(keyId: string): Promise<SignerKey> {
    return this.signer.key(keyId);
  }

  override keys(): Promise<readonly SignerKey[]> {
    return this.signer.keys();
  }

  override async sign(request: SignRequest): Promise<Buffer> {
    if (!this.rights.usages.includes(request.usage) && !this.#isCanary(request)) {
      throw new SignerRefusedError(`this service signs no ${request.usage}`);
    }
    return this.signer.sign(request);
  }

  // The other signer lints.
  override onFinding(listener: LintListener): void {
    this.signer.onFinding(listener);
  }

  // Only `sign` leads here, and ours goes to the other signer's.
  protected override signBytes(): Promise<Buffer> {
    return Promise.reject(new SignerRefusedError('this service signs nothing without a usage'));
  }

  #isCanary({ usage, toBeSigned }: SignRequest): boolean {
    return (
      Boolean(this.rights.canaries) && usage === 'certificate' && Buffer.isBuffer(toBeSigned) && isCanary(toBeSigned)
    );
  }

  #demandKeys(): void {
    if (!this.rights.makesKeys) throw new SignerRefusedError('this service makes and destroys no keys');
  }
}
