import { join } from 'node:path';
import { IssuerImportError } from '../errors.js';
import { type Signer, type SignerKey } from '../signer/signer.js';
import { ceremonyFiles } from './manifest.js';
import type { ReadCeremony } from './read-ceremony.js';
import { SealedFiles } from './sealed-files.js';

/**
 * Brings the issuers' keys into the signer: those that were made in the ceremony, from its sealed files; of the others it
 * must hold them. By key hash. Throws ISSUER_IMPORT_KEY_MISMATCH, KeyStoreError.
 */
export const takeCeremonyKeys = async (
  { directory, issuers }: ReadCeremony,
  signer: Signer,
  transportPassphrase?: string,
): Promise<ReadonlyMap<string, SignerKey>> => {
  const mismatch = (message: string): IssuerImportError => new IssuerImportError('ISSUER_IMPORT_KEY_MISMATCH', message);
  const transported = issuers.some(({ key }) => key !== undefined);
  if (transported && transportPassphrase === undefined)
    throw mismatch('the ceremony made keys: they need the passphrase that they were sealed with');
  const files = transported
    ? await SealedFiles.open(join(directory, ceremonyFiles.keys), transportPassphrase ?? '')
    : undefined;
  const keys = new Map<string, SignerKey>();
  for (const { name, key, keyHash } of issuers) {
    const held =
      key !== undefined && files ? await signer.import((await files.read(key)).toString()) : await signer.key(keyHash);
    if (held.keyHash !== keyHash) throw mismatch(`the key of issuer ${name} is not the one in its certificate`);
    keys.set(keyHash, held);
  }
  return keys;
};
