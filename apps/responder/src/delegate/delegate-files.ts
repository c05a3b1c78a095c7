import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import type { IssuerId } from '@cartulary/domain';
import type { DataDirectory } from '@cartulary/service';
import { derToPem } from '@cartulary/x509';

export interface KeptDelegate {
  readonly issuerId: IssuerId;
  /** PKCS #8, PEM. */
  readonly privateKey: string;
  /** DER. */
  readonly certificate: Buffer;
}

const FOLDER = 'responder/ocsp';
const file = /^([0-9a-f]{16})\.pem$/;
const PRIVATE_KEY = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----\n/;

/**
 * Delegated keys with their certificates, `responder/ocsp/<issuer>.pem`, so that a restart while issuance is down can go
 * on answering. Readable by their owner alone, as the service's own keys: they end within days, and sign OCSP answers
 * of one issuer and nothing else.
 */
export class DelegateFiles {
  readonly #logger = new Logger(DelegateFiles.name);

  /** `data` undefined: nothing is kept. */
  constructor(private readonly data: DataDirectory | undefined) {}

  /** What is damaged is passed over. */
  async read(): Promise<readonly KeptDelegate[]> {
    const { data } = this;
    if (!data) return [];
    const names = await readdir(data.file(FOLDER)).catch((): string[] => []);
    const kept = await Promise.all(names.map((name) => this.#readOne(data.file(join(FOLDER, name)), name)));
    return kept.filter((one) => one !== undefined);
  }

  /** Both in one file, replaced in one step. Failures are logged: there is a delegate all the same. */
  async write({ issuerId, privateKey, certificate }: KeptDelegate): Promise<void> {
    try {
      const pem = `${privateKey.trimEnd()}\n${derToPem(certificate, 'CERTIFICATE')}`;
      await this.data?.write(join(FOLDER, `${issuerId}.pem`), pem, 0o600);
    } catch (error) {
      this.#logger.warn(`issuer ${issuerId}: its delegated key is not kept on disk: ${String(error)}`);
    }
  }

  async #readOne(path: string, name: string): Promise<KeptDelegate | undefined> {
    const issuerId = file.exec(name)?.[1] as IssuerId | undefined;
    if (!issuerId) return undefined;
    try {
      const pem = await readFile(path, 'utf8');
      const privateKey = PRIVATE_KEY.exec(pem)?.[0] ?? '';
      const certificate = new X509Certificate(pem.replace(PRIVATE_KEY, ''));
      if (!certificate.checkPrivateKey(createPrivateKey(privateKey))) throw new Error('another key');
      return { issuerId, privateKey, certificate: certificate.raw };
    } catch (error) {
      this.#logger.warn(`${path} is not used: ${String(error)}`);
      return undefined;
    }
  }
}
