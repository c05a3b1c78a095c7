import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  certificateFacts,
  type CeremonyPlan,
  derToPem,
  FileSigner,
  type KeyAlgorithm,
  makeCeremonyRoot,
  pemToDer,
} from '@cartulary/x509';
import { fail } from '../command.js';

export interface RootOptions {
  /** A key store with `root.crt` in it; made where it is missing. */
  readonly directory: string;
  readonly passphrase: string;
  /** A root that is there already, PEM files; taken into the store. */
  readonly key?: string;
  readonly certificate?: string;
  readonly algorithm: KeyAlgorithm;
}

export const hasRoot = (directory: string): Promise<boolean> =>
  access(join(directory, 'root.crt')).then(
    () => true,
    () => false,
  );

/** The root and who signs with it: the one that is there, the one that is given, or a new one. */
export const openRoot = async (options: RootOptions, plan: CeremonyPlan) => {
  const { directory, passphrase, key, certificate, algorithm } = options;
  const path = join(directory, 'root.crt');
  const known = await hasRoot(directory);
  const signer = await FileSigner.open({ directory, passphrase });
  if (known) {
    if (key !== undefined || certificate !== undefined) fail('usage', `${directory} has a root already`);
    const there = pemToDer(await readFile(path, 'utf8'), 'CERTIFICATE');
    return { signer, root: { certificate: there, keyId: certificateFacts(there).keyHash }, made: false };
  }
  if ((key === undefined) !== (certificate === undefined))
    fail('usage', '--root-key and --root-certificate go together');
  if (key !== undefined && certificate !== undefined) {
    const given = pemToDer(await readFile(certificate, 'utf8'), 'CERTIFICATE');
    const { keyId, keyHash } = await signer.import(await readFile(key, 'utf8'));
    if (keyHash !== certificateFacts(given).keyHash)
      fail('refused', 'the root’s key is not the one in its certificate');
    await keep(path, given);
    return { signer, root: { certificate: given, keyId }, made: false };
  }
  const root = await makeCeremonyRoot(signer, plan, algorithm);
  await keep(path, root.certificate);
  return { signer, root, made: true };
};

const keep = (path: string, certificate: Buffer): Promise<void> =>
  writeFile(path, derToPem(certificate, 'CERTIFICATE'), { mode: 0o644, flag: 'wx' });
