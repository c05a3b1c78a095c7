import { type KeyObject } from 'node:crypto';
import type { Octets } from '../asn1/octets.js';
import { KeyStoreError } from '../errors.js';
import { type KeyAlgorithm } from './key-algorithm.js';
import {
  describePrivateKey,
  generatePrivateKey,
  readPrivateKeyPem,
  signOctetsWithKey,
  signOnPool,
} from './private-key.js';
import { Signer, type SignerKey } from './signer.js';

/** Keys that end with the process: the responder's own, and tests. */
export class InMemorySigner extends Signer {
  private readonly held = new Map<string, { description: SignerKey; privateKey: KeyObject }>();

  override async generate(algorithm: KeyAlgorithm): Promise<SignerKey> {
    return this.hold(await generatePrivateKey(algorithm));
  }

  override async import(privateKeyPem: string): Promise<SignerKey> {
    return this.hold(readPrivateKeyPem(privateKeyPem));
  }

  override async key(keyId: string): Promise<SignerKey> {
    return this.find(keyId).description;
  }

  override async keys(): Promise<readonly SignerKey[]> {
    return [...this.held.values()].map(({ description }) => description);
  }

  override async destroy(keyId: string): Promise<void> {
    this.held.delete(keyId);
  }

  protected override async signBytes(keyId: string, bytes: Buffer): Promise<Buffer> {
    const { privateKey, description } = this.find(keyId);
    // While a thread signs an answer, this one reads the next questions.
    return signOnPool(privateKey, description.algorithm, bytes);
  }

  protected override async signOctets(keyId: string, octets: Octets): Promise<Buffer> {
    const { privateKey, description } = this.find(keyId);
    return signOctetsWithKey(privateKey, description.algorithm, octets);
  }

  private hold(privateKey: KeyObject): SignerKey {
    const description = describePrivateKey(privateKey);
    this.held.set(description.keyId, { description, privateKey });
    return description;
  }

  private find(keyId: string): { description: SignerKey; privateKey: KeyObject } {
    const found = this.held.get(keyId);
    if (!found) throw new KeyStoreError('KEYSTORE_KEY_NOT_FOUND', `no key ${keyId}`);
    return found;
  }
}
