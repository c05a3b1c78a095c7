import { type SignerKey, Signer, type SignRequest } from '@cartulary/x509';
import { Delegations, type Delegate } from '../delegate/delegations.js';

/** Signatures that a thread is making. */
let beingMade = 0;

class HeldSigner extends Signer {
  constructor(
    private readonly inner: Signer,
    private readonly released: () => Promise<void>,
  ) {
    super();
  }

  override async sign(request: SignRequest): Promise<Buffer> {
    beingMade++;
    const signature = await this.inner.sign(request).finally(() => beingMade--);
    await this.released();
    return signature;
  }
  override generate(): Promise<SignerKey> {
    throw new Error('makes no keys');
  }
  override import(): Promise<SignerKey> {
    throw new Error('takes no keys');
  }
  override key(keyId: string): Promise<SignerKey> {
    return this.inner.key(keyId);
  }
  override keys(): Promise<readonly SignerKey[]> {
    return this.inner.keys();
  }
  protected override signBytes(): Promise<Buffer> {
    throw new Error('signs by the signer within');
  }
}

/** Real delegations whose signatures are made at once and handed over when the test says so. */
export class HeldDelegations extends Delegations {
  readonly #waiting: (() => void)[] = [];

  /** Signatures that are made and not handed over. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Hands over one of them, the oldest unless told. */
  async release(index = 0): Promise<void> {
    const [resolve] = this.#waiting.splice(index % Math.max(1, this.#waiting.length), 1);
    resolve?.();
    await settled();
  }

  override find(...input: Parameters<Delegations['find']>): Delegate | undefined {
    const delegate = super.find(...input);
    const released = (): Promise<void> => new Promise((resolve) => this.#waiting.push(resolve));
    return delegate && { ...delegate, signer: new HeldSigner(delegate.signer, released) };
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Every promise that can go on has gone on, and no signature is being made. */
export const settled = async (): Promise<void> => {
  do await turn();
  while (beingMade > 0);
  await turn();
};
