import { InMemorySigner, type SignRequest } from '@cartulary/x509';

/** A real signer that remembers what it signed, and fails while told to. */
export class CountingSigner extends InMemorySigner {
  readonly signed: SignRequest['usage'][] = [];
  failing: Error | undefined;
  /** Runs before each signature: what happens between a decision and its append. */
  meanwhile: (() => Promise<unknown>) | undefined;

  override async sign(request: SignRequest): Promise<Buffer> {
    await this.meanwhile?.();
    if (this.failing) throw this.failing;
    const signature = await super.sign(request);
    this.signed.push(request.usage);
    return signature;
  }
}
