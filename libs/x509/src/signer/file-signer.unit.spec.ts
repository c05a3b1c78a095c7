import { chmod, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { integer, sequence } from '../asn1/der-writer.js';
import { signerContract } from '../testing/signer.contract.js';
import { FileSigner } from './file-signer.js';

const logN = 10;
const passphrase = 'correct horse';
let base: string;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'x509-store-'));
});
afterEach(() => rm(base, { recursive: true, force: true }));

const open = (word = passphrase) => FileSigner.open({ directory: join(base, 'keys'), passphrase: word, logN });

signerContract('FileSigner', () => open());

describe('FileSigner', () => {
  const toBeSigned = sequence(integer(0), sequence());

  it('finds its keys again after a restart', async () => {
    const key = await (await open()).generate('ecdsa-p256');
    const reopened = await open();
    expect(await reopened.keys()).toEqual([key]);
    expect(await reopened.sign({ keyId: key.keyId, usage: 'csr', toBeSigned })).toBeInstanceOf(Buffer);
  });

  it('finds a key that another process made since', async () => {
    const [first, second] = [await open(), await open()];
    const key = await first.generate('ed25519');
    expect(await second.key(key.keyId)).toEqual(key);
  });

  it('opens one store when two make it at once', async () => {
    const [first, second] = await Promise.all([open(), open()]);
    const key = await first.generate('ed25519');
    expect(await second.key(key.keyId)).toEqual(key);
  });

  it('leaves no readable key, no open permission and no temporary file', async () => {
    const key = await (await open()).generate('ecdsa-p256');
    const directory = join(base, 'keys');
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    const names = (await readdir(directory)).sort();
    expect(names).toEqual([`${key.keyId}.key.json`, 'store.json'].sort());
    for (const name of names) {
      expect((await stat(join(directory, name))).mode & 0o777).toBe(0o600);
      const text = await readFile(join(directory, name), 'utf8');
      expect(text).not.toContain('PRIVATE');
      // PKCS #8's beginning for P-256, as base64 of a plain key would show it.
      expect(text).not.toContain('MIGHAgEAMBMGByqGSM49');
    }
  });

  it('refuses a wrong and an empty passphrase', async () => {
    await (await open()).generate('ed25519');
    await expect(open('wrong')).rejects.toMatchObject({ code: 'KEYSTORE_WRONG_PASSPHRASE' });
    await expect(open('')).rejects.toMatchObject({ code: 'KEYSTORE_WRONG_PASSPHRASE' });
  });

  it.each([0o640, 0o604, 0o620])('refuses a key file with mode %o', async (mode) => {
    const { keyId } = await (await open()).generate('ed25519');
    await chmod(join(base, 'keys', `${keyId}.key.json`), mode);
    await expect(open()).rejects.toMatchObject({ code: 'KEYSTORE_INSECURE_PERMISSIONS' });
  });

  it('refuses a directory that others can read', async () => {
    await open();
    await chmod(join(base, 'keys'), 0o750);
    await expect(open()).rejects.toMatchObject({ code: 'KEYSTORE_INSECURE_PERMISSIONS' });
  });

  it('refuses a key file that is a link', async () => {
    const { keyId } = await (await open()).generate('ed25519');
    const path = join(base, 'keys', `${keyId}.key.json`);
    await rename(path, join(base, 'elsewhere'));
    await symlink(join(base, 'elsewhere'), path);
    await expect(open()).rejects.toMatchObject({ code: 'KEYSTORE_INSECURE_PERMISSIONS' });
  });

  it('refuses a key file under another key id and one that is damaged', async () => {
    const { keyId } = await (await open()).generate('ed25519');
    const path = join(base, 'keys', `${keyId}.key.json`);
    const other = join(base, 'keys', `${'a'.repeat(64)}.key.json`);
    await rename(path, other);
    await expect(open()).rejects.toMatchObject({ code: 'KEYSTORE_CORRUPT' });
    await writeFile(other, '{"version":1}');
    await expect(open()).rejects.toMatchObject({ code: 'KEYSTORE_CORRUPT' });
    await writeFile(other, 'not json');
    await expect(open()).rejects.toMatchObject({ code: 'KEYSTORE_CORRUPT' });
  });

  it('refuses a header whose cost was raised beyond bounds', async () => {
    await open();
    const path = join(base, 'keys', 'store.json');
    const header = JSON.parse(await readFile(path, 'utf8'));
    header.kdf.logN = 30;
    await writeFile(path, JSON.stringify(header));
    await expect(open()).rejects.toMatchObject({ code: 'KEYSTORE_CORRUPT' });
  });
});
