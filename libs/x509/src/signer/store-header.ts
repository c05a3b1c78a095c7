import { randomBytes, scrypt, type ScryptOptions } from 'node:crypto';
import { join } from 'node:path';
import { KeyStoreError } from '../errors.js';
import { createPrivateFile, readPrivateFile } from './private-files.js';
import { seal, unseal, type SealedBox } from './sealed-box.js';

interface Kdf {
  readonly name: 'scrypt';
  readonly logN: number;
  readonly r: number;
  readonly p: number;
  /** Base64. */
  readonly salt: string;
}

interface StoreHeader {
  readonly version: 1;
  readonly kdf: Kdf;
  readonly masterKey: SealedBox;
}

// 128 MiB and about half a second, once at start: the master key is sealed by the passphrase, the keys by the master
// key.
const defaultLogN = 17;

const derive = (passphrase: string, { logN, r, p, salt }: Kdf): Promise<Buffer> => {
  const options: ScryptOptions = { N: 2 ** logN, r, p, maxmem: 256 * 2 ** logN * r };
  return new Promise((resolve, reject) =>
    scrypt(passphrase.normalize('NFC'), Buffer.from(salt, 'base64'), 32, options, (error, key) =>
      error ? reject(error) : resolve(key),
    ),
  );
};

const labelOf = (kdf: Kdf): string => JSON.stringify(['cartulary-store-1', kdf.name, kdf.logN, kdf.r, kdf.p, kdf.salt]);

const isHeader = (value: unknown): value is StoreHeader => {
  const { version, kdf, masterKey } = (value ?? {}) as Partial<StoreHeader>;
  // Bounds: a header that was tampered with must not cost gigabytes before it is found out.
  return (
    version === 1 &&
    kdf?.name === 'scrypt' &&
    Number.isInteger(kdf.logN) &&
    kdf.logN >= 10 &&
    kdf.logN <= 20 &&
    kdf.r === 8 &&
    kdf.p === 1 &&
    [kdf.salt, masterKey?.nonce, masterKey?.ciphertext, masterKey?.tag].every((text) => typeof text === 'string')
  );
};

const create = async (path: string, passphrase: string, logN: number): Promise<void> => {
  const kdf: Kdf = { name: 'scrypt', logN, r: 8, p: 1, salt: randomBytes(32).toString('base64') };
  const masterKey = seal(await derive(passphrase, kdf), labelOf(kdf), randomBytes(32));
  const header: StoreHeader = { version: 1, kdf, masterKey };
  await createPrivateFile(path, `${JSON.stringify(header, undefined, 2)}\n`);
};

export const parseJson = (path: string, text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new KeyStoreError('KEYSTORE_CORRUPT', `${path} is not JSON`);
  }
};

/** The store's master key, made with the store. Throws KEYSTORE_WRONG_PASSPHRASE, KEYSTORE_CORRUPT. */
export const openMasterKey = async (directory: string, passphrase: string, logN = defaultLogN): Promise<Buffer> => {
  const path = join(directory, 'store.json');
  let text = await readPrivateFile(path);
  if (text === undefined) {
    await create(path, passphrase, logN);
    text = await readPrivateFile(path);
  }
  const header = parseJson(path, text ?? '');
  if (!isHeader(header)) throw new KeyStoreError('KEYSTORE_CORRUPT', `${path} is not a key store's header`);
  const masterKey = unseal(await derive(passphrase, header.kdf), labelOf(header.kdf), header.masterKey);
  if (masterKey?.length !== 32) {
    throw new KeyStoreError('KEYSTORE_WRONG_PASSPHRASE', 'the passphrase does not open this key store');
  }
  return masterKey;
};
