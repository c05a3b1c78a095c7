import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { privateKeyToPem } from '@cartulary/x509';
import { AGENT_CONFIG, type AgentConfig } from '../configuration/agent-configuration.js';
import { AgentFiles } from '../configuration/agent-files.js';
import { packCertificate, type PackedCertificate, unpackCertificate } from './packed-certificate.js';
import { type Svid, svidOf } from './svid.js';

interface Document {
  readonly key: string;
  readonly certificate: PackedCertificate;
}

const fileOf = (spiffeId: string): string =>
  `svid-${createHash('sha256').update(spiffeId).digest('hex').slice(0, 32)}.json`;

/** Workloads' keys on disk (0600), only where `agentKeys` says so. */
@Injectable()
export class SvidFiles {
  readonly #logger = new Logger(SvidFiles.name);
  readonly #wanted: boolean;

  constructor(
    private readonly files: AgentFiles,
    @Inject(AGENT_CONFIG) config: AgentConfig,
  ) {
    this.#wanted = config.agentKeys === 'files';
  }

  /** What can't be read counts as missing: another is made. */
  async read(spiffeId: string): Promise<Svid | undefined> {
    const text = this.#wanted ? await this.files.read(fileOf(spiffeId)) : undefined;
    if (text === undefined) return undefined;
    try {
      const { key, certificate } = JSON.parse(text) as Document;
      const privateKey = createPrivateKey(key);
      const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
      return svidOf(spiffeId, spki, privateKey, unpackCertificate(certificate));
    } catch {
      // No cause: a parser's message could quote the key.
      this.#logger.warn(`the kept certificate of ${spiffeId} can't be used`);
      return undefined;
    }
  }

  async write(svid: Svid): Promise<void> {
    if (!this.#wanted) return;
    const document: Document = { key: privateKeyToPem(svid.privateKey), certificate: packCertificate(svid) };
    await this.files.write(fileOf(svid.spiffeId), JSON.stringify(document), 0o600);
  }

  async remove(spiffeId: string): Promise<void> {
    await this.files.remove(fileOf(spiffeId));
  }
}
