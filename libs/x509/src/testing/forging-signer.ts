import { InMemorySigner } from '../signer/in-memory-signer.js';

/** Also signs what no rule would let pass: for tests of those who verify. */
export class ForgingSigner extends InMemorySigner {
  forge({ keyId, toBeSigned }: { readonly keyId: string; readonly toBeSigned: Buffer }): Promise<Buffer> {
    return this.signBytes(keyId, toBeSigned);
  }
}
