import { type KeyAlgorithm } from './key-algorithm.js';
import { Signer, type SignerKey } from './signer.js';

/** Keys that end with the process: the responder's own, and tests. */
export class InMemorySigner extends Signer {
  override async generate(_algorithm: KeyAlgorithm): Promise<SignerKey> {
    throw new Error('not written');
  }
  override async import(_privateKeyPem: string): Promise<SignerKey> {
    throw new Error('not written');
  }
  override async key(_keyId: string): Promise<SignerKey> {
    throw new Error('not written');
  }
  override async keys(): Promise<readonly SignerKey[]> {
    throw new Error('not written');
  }
  protected override async signBytes(_keyId: string, _bytes: Buffer): Promise<Buffer> {
    throw new Error('not written');
  }
}
