import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pemToDer } from '../asn1/pem.js';
import { IssuerImportError } from '../errors.js';
import { ceremonyFiles, type CeremonyIssuer, type CeremonyManifest } from './manifest.js';

export interface ReadIssuer extends CeremonyIssuer {
  /** DER. */
  readonly certificate: Buffer;
}

/** What a ceremony has made, read from its directory: certificates alone. */
export interface ReadCeremony {
  readonly directory: string;
  readonly manifest: CeremonyManifest;
  /** DER. */
  readonly root: Buffer;
  readonly issuers: readonly ReadIssuer[];
}

const malformed = (message: string, cause?: unknown): IssuerImportError =>
  new IssuerImportError('ISSUER_IMPORT_MALFORMED', message, { cause });

/** A name that stays in the directory, whoever wrote the manifest. */
const isInside = (file: unknown): file is string =>
  typeof file === 'string' && /^(?:[a-z0-9][a-z0-9+.-]*\/)?[a-z0-9][a-z0-9+.-]*$/.test(file);

const isManifest = (value: unknown): value is CeremonyManifest => {
  const manifest = (value ?? {}) as Partial<CeremonyManifest>;
  const { root, issuers, crls, sealed } = manifest;
  return (
    manifest.version === 1 &&
    isInside(root?.file) &&
    [issuers, crls, sealed].every((list) => Array.isArray(list) && list.every((each) => isInside(each?.file))) &&
    issuers?.every(({ key }) => key === undefined || isInside(key)) === true &&
    sealed?.every((each) => Array.isArray(each.issuers)) === true
  );
};

export const readManifest = async (directory: string): Promise<CeremonyManifest> => {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(join(directory, ceremonyFiles.manifest), 'utf8'));
  } catch (error) {
    throw malformed(`${directory} holds no ceremony: ${ceremonyFiles.manifest} can't be read`, error);
  }
  if (!isManifest(value)) throw malformed(`${ceremonyFiles.manifest} is not that of a ceremony (version 1)`);
  return value;
};

/** Throws ISSUER_IMPORT_MALFORMED. Nothing is checked but the form: see verifyCeremony. */
export const readCeremony = async (directory: string): Promise<ReadCeremony> => {
  const manifest = await readManifest(directory);
  const certificate = async (file: string): Promise<Buffer> => {
    try {
      return pemToDer(await readFile(join(directory, file), 'utf8'), 'CERTIFICATE');
    } catch (error) {
      throw malformed(`${file} can't be read as a certificate`, error);
    }
  };
  const root = await certificate(manifest.root.file);
  const issuers: ReadIssuer[] = [];
  for (const issuer of manifest.issuers) issuers.push({ ...issuer, certificate: await certificate(issuer.file) });
  return { directory, manifest, root, issuers };
};
