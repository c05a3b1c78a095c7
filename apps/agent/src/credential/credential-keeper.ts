import { createPrivateKey } from 'node:crypto';
import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '@cartulary/runtime';
import { createCsr, derToPem, generatePrivateKey, privateKeyToPem } from '@cartulary/x509';
import { Authority, type NodeCredential } from '../authority/authority.js';
import { AuthorityError, codeOf } from '../authority/errors.js';
import { AGENT_CONFIG, type AgentConfig } from '../configuration/agent-configuration.js';
import { AgentFiles } from '../configuration/agent-files.js';
import { packCertificate, type PackedCertificate, unpackCertificate } from '../workloads/packed-certificate.js';
import { Renewal } from '../workloads/renewal.js';
import { nodeOf } from './node-credential.js';

const FILE = 'node.json';

interface Document {
  readonly key: string;
  readonly certificate: PackedCertificate;
}

/** The node has no certificate and nothing to get one with. */
export class NotAttestedError extends Error {
  readonly code = 'NODE_NOT_ATTESTED';
  override readonly name = 'NotAttestedError';
}

/** The node's own key (0600 on disk: a join token is spent once) and certificate, renewed in its window. */
@Injectable()
export class CredentialKeeper implements OnApplicationShutdown {
  readonly #logger = new Logger(CredentialKeeper.name);
  #credential: NodeCredential | undefined;
  #renewal: Renewal | undefined;

  constructor(
    private readonly authority: Authority,
    private readonly files: AgentFiles,
    @Inject(AGENT_CONFIG) private readonly config: AgentConfig,
    private readonly clock: Clock,
  ) {}

  get credential(): NodeCredential | undefined {
    return this.#credential;
  }

  get renewal(): Renewal | undefined {
    return this.#renewal;
  }

  /** From disk, else by the join token. Throws NotAttestedError, AuthorityError. */
  async open(): Promise<NodeCredential> {
    const kept = await this.#read();
    const credential = kept ?? (await this.#attest());
    this.#credential = credential;
    this.authority.use(credential);
    this.#logger.log(`this node is ${nodeOf(credential)}${kept ? '' : ', attested just now'}`);
    this.#renewal = new Renewal({
      clock: this.clock,
      current: () => this.#credential?.certificate,
      renew: () => this.#renew(),
    });
    this.#renewal.start();
    return credential;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#renewal?.stop();
  }

  async #read(): Promise<NodeCredential | undefined> {
    const text = await this.files.read(FILE);
    if (text === undefined) return undefined;
    const { key, certificate } = JSON.parse(text) as Document;
    const credential = { privateKey: createPrivateKey(key), certificate: unpackCertificate(certificate) };
    if (credential.certificate.notAfter > this.clock.now()) return credential;
    this.#logger.warn('the node’s certificate has ended: it needs a new join token');
    return undefined;
  }

  async #attest(): Promise<NodeCredential> {
    const joinToken = this.config.agentJoinToken?.reveal();
    if (joinToken === undefined) {
      throw new NotAttestedError(
        'this node has no certificate yet: give a join token (CARTULARY_AGENT_JOIN_TOKEN_FILE)',
      );
    }
    const { privateKey, csr } = await newRequest();
    const { certificate } = await this.authority.attest({ joinToken, csr });
    return this.#keep({ privateKey, certificate });
  }

  async #renew(): Promise<void> {
    const { privateKey, csr } = await newRequest();
    try {
      const certificate = await this.authority.renewNode(csr);
      this.#credential = await this.#keep({ privateKey, certificate });
      this.authority.use(this.#credential);
    } catch (error) {
      if (error instanceof AuthorityError) this.#logger.warn(`the node’s certificate is not renewed: ${codeOf(error)}`);
      throw error;
    }
  }

  async #keep(credential: NodeCredential): Promise<NodeCredential> {
    const document: Document = {
      key: privateKeyToPem(credential.privateKey),
      certificate: packCertificate(credential.certificate),
    };
    await this.files.write(FILE, JSON.stringify(document), 0o600);
    return credential;
  }
}

const newRequest = async () => {
  const privateKey = await generatePrivateKey('ecdsa-p256');
  return { privateKey, csr: derToPem(await createCsr(privateKey), 'CERTIFICATE REQUEST') };
};
