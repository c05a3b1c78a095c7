import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Octets } from '../asn1/octets.js';
import { KeyStoreError } from '../errors.js';
import { type KeyAlgorithm } from './key-algorithm.js';
import {
  describePrivateKey,
  generatePrivateKey,
  readPrivateKeyPem,
  signOctetsWithKey,
  signWithKey,
} from './private-key.js';
import { openPrivateDirectory, readPrivateFile, removePrivateFile, writePrivateFile } from './private-files.js';
import { seal, unseal, type SealedBox } from './sealed-box.js';
import { Signer, type SignerKey } from './signer.js';
import { openMasterKey, parseJson } from './store-header.js';

export interface FileSignerOptions {
  /** Made with mode 0700 when it is missing. */
  readonly directory: string;
  readonly passphrase: string;
  /** scrypt's cost as a power of two, for a store that is made now: 17 unless told, 10 at least. */
  readonly logN?: number;
}

interface KeyFile {
  readonly version: 1;
  readonly keyId: string;
  readonly algorithm: string;
  readonly privateKey: SealedBox;
}

interface Held {
  readonly description: SignerKey;
  readonly privateKey: KeyObject;
}

const labelOf = (keyId: string): string => `cartulary-key-1:${keyId}`;
const suffix = '.key.json';

/** Keys in files, encrypted at rest (scrypt, AES-256-GCM), closed to all other users. */
export class FileSigner extends Signer {
  private readonly held = new Map<string, Held>();

  private constructor(
    private readonly directory: string,
    private readonly masterKey: Buffer,
  ) {
    super();
  }

  /** Throws KEYSTORE_WRONG_PASSPHRASE, KEYSTORE_INSECURE_PERMISSIONS, KEYSTORE_CORRUPT. */
  static async open({ directory, passphrase, logN }: FileSignerOptions): Promise<FileSigner> {
    if (passphrase === '') throw new KeyStoreError('KEYSTORE_WRONG_PASSPHRASE', 'the passphrase is empty');
    await openPrivateDirectory(directory);
    const signer = new FileSigner(directory, await openMasterKey(directory, passphrase, logN));
    // A key that can't be read is found out at the start, not at the first signature.
    await signer.keys();
    return signer;
  }

  override async generate(algorithm: KeyAlgorithm): Promise<SignerKey> {
    return this.keep(await generatePrivateKey(algorithm));
  }

  override async import(privateKeyPem: string): Promise<SignerKey> {
    return this.keep(readPrivateKeyPem(privateKeyPem));
  }

  override async key(keyId: string): Promise<SignerKey> {
    return (await this.find(keyId)).description;
  }

  override async keys(): Promise<readonly SignerKey[]> {
    const names = (await readdir(this.directory)).filter((name) => name.endsWith(suffix)).sort();
    const keys = await Promise.all(names.map((name) => this.listed(name.slice(0, -suffix.length))));
    return keys.filter((key) => key !== undefined);
  }

  override async destroy(keyId: string): Promise<void> {
    // The file is encrypted, and disks keep old blocks whatever is written over them: it is unlinked.
    if (/^[0-9a-f]{64}$/.test(keyId)) await removePrivateFile(join(this.directory, `${keyId}${suffix}`));
    this.forget(keyId);
  }

  override forget(keyId: string): void {
    this.held.delete(keyId);
  }

  /** Undefined: destroyed since it was listed. */
  private async listed(keyId: string): Promise<SignerKey | undefined> {
    try {
      return await this.key(keyId);
    } catch (error) {
      if (error instanceof KeyStoreError && error.code === 'KEYSTORE_KEY_NOT_FOUND') return undefined;
      throw error;
    }
  }

  protected override async signBytes(keyId: string, bytes: Buffer): Promise<Buffer> {
    const { privateKey, description } = this.held.get(keyId) ?? (await this.find(keyId));
    return signWithKey(privateKey, description.algorithm, bytes);
  }

  protected override async signOctets(keyId: string, octets: Octets): Promise<Buffer> {
    const { privateKey, description } = this.held.get(keyId) ?? (await this.find(keyId));
    return signOctetsWithKey(privateKey, description.algorithm, octets);
  }

  private async keep(privateKey: KeyObject): Promise<SignerKey> {
    const description = describePrivateKey(privateKey);
    const { keyId, algorithm } = description;
    const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' });
    const file: KeyFile = { version: 1, keyId, algorithm, privateKey: seal(this.masterKey, labelOf(keyId), pkcs8) };
    pkcs8.fill(0);
    await writePrivateFile(join(this.directory, `${keyId}${suffix}`), `${JSON.stringify(file, undefined, 2)}\n`);
    this.held.set(keyId, { description, privateKey });
    return description;
  }

  // Another process may have made the key since this one opened the store: what isn't held is looked for on disk.
  private async find(keyId: string): Promise<Held> {
    const known = this.held.get(keyId);
    if (known) return known;
    const path = join(this.directory, `${keyId}${suffix}`);
    const text = /^[0-9a-f]{64}$/.test(keyId) ? await readPrivateFile(path) : undefined;
    if (text === undefined) throw new KeyStoreError('KEYSTORE_KEY_NOT_FOUND', `no key ${keyId}`);
    const held = this.unlock(path, keyId, parseJson(path, text) as Partial<KeyFile> | null);
    this.held.set(keyId, held);
    return held;
  }

  private unlock(path: string, keyId: string, file: Partial<KeyFile> | null): Held {
    const { nonce, ciphertext, tag } = file?.privateKey ?? {};
    const whole = file?.version === 1 && [nonce, ciphertext, tag].every((text) => typeof text === 'string');
    const pkcs8 = whole && file.privateKey ? unseal(this.masterKey, labelOf(keyId), file.privateKey) : undefined;
    if (!pkcs8) throw new KeyStoreError('KEYSTORE_CORRUPT', `${path} is damaged or of another key store`);
    const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
    pkcs8.fill(0);
    const description = describePrivateKey(privateKey);
    if (description.keyId !== keyId) throw new KeyStoreError('KEYSTORE_CORRUPT', `${path} holds another key`);
    return { description, privateKey };
  }
}
