import { access, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CliError } from '../exit-codes.js';

/** Where one key pair lies. */
export interface Paths {
  /** PKCS #8, 0600. */
  readonly key: string;
  /** The certificate alone. */
  readonly certificate: string;
  /** Certificate and issuers, as servers and clients send it. */
  readonly chain: string;
}

export const pathsFor = (directory: string, name: string): Paths => ({
  key: join(directory, `${name}.key`),
  certificate: join(directory, `${name}.crt`),
  chain: join(directory, `${name}-chain.crt`),
});

/** `…/cart.crt` and `…/cart-chain.crt` → the same pair's paths. */
export const pathsBeside = (certificate: string): Paths =>
  pathsFor(dirname(certificate), certificate.replace(/^.*[/\\]/, '').replace(/(?:-chain)?\.(?:crt|pem|cer)$/, ''));

/** The file name that fits what a certificate is for. */
export const nameFor = (identity: string | undefined, names: readonly string[]): string => {
  const text = identity?.split('/').at(-1) ?? names[0] ?? 'certificate';
  return text.replace(/^\*/, 'wildcard').replace(/[^A-Za-z0-9._-]/g, '_');
};

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

export const refuseToOverwrite = async (paths: Paths): Promise<void> => {
  for (const path of Object.values(paths) as string[]) {
    if (await exists(path)) {
      throw new CliError('usage', `${path} exists`, 'Choose another --out or --name, or replace it with --force.');
    }
  }
};

const write = async (path: string, text: string, mode: number): Promise<string> => {
  const temporary = `${path}.new`;
  // A left-over of an interrupted run could have another owner or mode: it is never written into.
  await rm(temporary, { force: true });
  const file = await open(temporary, 'wx', mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  return temporary;
};

export interface KeyFile {
  /** Puts the key and what was issued for it in place. */
  keep(issued: { readonly certificate: string; readonly chain: string }): Promise<void>;
  discard(): Promise<void>;
}

/** Writes the key beside its place before anything is asked for, so that no certificate is issued for a key that can't be kept. */
export const writeKey = async (paths: Paths, keyPem: string): Promise<KeyFile> => {
  await mkdir(dirname(paths.key), { recursive: true, mode: 0o755 });
  const key = await write(paths.key, keyPem, 0o600);
  return {
    keep: async ({ certificate, chain }) => {
      const certificateFile = await write(paths.certificate, certificate, 0o644);
      const chainFile = await write(paths.chain, certificate + chain, 0o644);
      await rename(key, paths.key);
      await rename(certificateFile, paths.certificate);
      await rename(chainFile, paths.chain);
    },
    discard: () => rm(key, { force: true }),
  };
};
