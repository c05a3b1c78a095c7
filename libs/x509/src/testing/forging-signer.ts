import { InMemorySigner } from '../signer/in-memory-signer.js';
import { type SignRequest } from '../signer/signer.js';

/** Also signs what no rule would let pass: for tests of those who verify. */
export class ForgingSigner extends InMemorySigner {
  forge({ keyId, toBeSigned }: Pick<SignRequest, 'keyId' | 'toBeSigned'>): Promise<Buffer> {
    return this.signBytes(keyId, toBeSigned);
  }
}
