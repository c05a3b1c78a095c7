import { join } from 'node:path';
import { openPrivateDirectory, readPrivateFile, writePrivateFile } from '../signer/private-files.js';
import { seal, type SealedBox, unseal } from '../signer/sealed-box.js';
import { openMasterKey, parseJson } from '../signer/store-header.js';
import { KeyStoreError } from '../errors.js';

const labelOf = (name: string): string => `cartulary-sealed-1:${name}`;

/** Files of one directory, encrypted by a passphrase as a key store is; the name is bound to the content. */
export class SealedFiles {
  private constructor(
    private readonly directory: string,
    private readonly key: Buffer,
  ) {}

  /** Makes the directory where it is missing. Throws KEYSTORE_WRONG_PASSPHRASE, KEYSTORE_CORRUPT. */
  static async open(directory: string, passphrase: string, logN?: number): Promise<SealedFiles> {
    if (passphrase === '') throw new KeyStoreError('KEYSTORE_WRONG_PASSPHRASE', 'the passphrase is empty');
    await openPrivateDirectory(directory);
    return new SealedFiles(directory, await openMasterKey(directory, passphrase, logN));
  }

  async write(name: string, content: Buffer): Promise<void> {
    const box = seal(this.key, labelOf(name), content);
    await writePrivateFile(
      join(this.directory, name),
      `${JSON.stringify({ version: 1, sealed: box }, undefined, 2)}\n`,
    );
  }

  /** Throws KEYSTORE_CORRUPT where it is missing, damaged or another. */
  async read(name: string): Promise<Buffer> {
    const path = join(this.directory, name);
    const text = await readPrivateFile(path);
    const file = (text === undefined ? undefined : parseJson(path, text)) as { sealed?: SealedBox } | null | undefined;
    const { nonce, ciphertext, tag } = file?.sealed ?? {};
    const whole = [nonce, ciphertext, tag].every((part) => typeof part === 'string');
    const content = whole && file?.sealed ? unseal(this.key, labelOf(name), file.sealed) : undefined;
    if (!content) throw new KeyStoreError('KEYSTORE_CORRUPT', `${path} is missing, damaged or another file`);
    return content;
  }
}
