import { createHash, X509Certificate } from 'node:crypto';
import type { TrustBundle } from '@cartulary/contracts';
import type { DataDirectory } from '@cartulary/service';
import { ServiceSetupError } from '@cartulary/service';
import { pemChainToDer } from '@cartulary/x509';

const FILE = 'root.crt';
const SYSTEM_FILE = 'system-root.crt';

/** What is trusted now: by the mesh (and so what the Secrets carry), and at our own doors. */
export class TrustAnchors {
  #mesh: readonly Buffer[] = [];
  #system: readonly Buffer[] = [];
  #pem = '';
  #digest = '';
  #roots: readonly X509Certificate[] = [];
  readonly #reached = new Map<string, boolean>();

  constructor(private readonly data: Pick<DataDirectory, 'read' | 'write'>) {}

  /** As they were known last, or as `cartulary init` left `root.crt`. Throws ServiceSetupError where it is missing. */
  async load(): Promise<void> {
    const mesh = await this.data.read(FILE);
    if (!mesh) throw new ServiceSetupError(`${FILE} is missing: bring it here from where \`cartulary init\` ran`);
    this.#set(mesh, await this.data.read(SYSTEM_FILE));
  }

  /** Resolves to whether anything is new; what is new is kept for the next start. */
  async update({ pem, systemRoots }: Pick<TrustBundle, 'pem' | 'systemRoots'>): Promise<boolean> {
    const system = systemRoots.map(({ certificate }) => certificate).join('');
    if (pem === this.#pem && system === (await this.data.read(SYSTEM_FILE))) return false;
    this.#set(pem, system);
    await this.data.write(FILE, pem, 0o644);
    await this.data.write(SYSTEM_FILE, system, 0o644);
    return true;
  }

  /** DER of the mesh's roots. */
  meshAnchors(): readonly Buffer[] {
    return this.#mesh;
  }

  systemAnchors(): readonly Buffer[] {
    return this.#system;
  }

  /** PEM, concatenated: what relying parties get. */
  get pem(): string {
    return this.#pem;
  }

  /** SHA-256 of that, hex. */
  get digest(): string {
    return this.#digest;
  }

  /** Whether one of the roots signed this certificate, or is it. */
  reach(certificate: X509Certificate): boolean {
    const known = this.#reached.get(certificate.fingerprint256);
    if (known !== undefined) return known;
    const reached = this.#roots.some(
      (root) =>
        root.fingerprint256 === certificate.fingerprint256 ||
        (certificate.checkIssued(root) && certificate.verify(root.publicKey)),
    );
    if (this.#reached.size > 1_000) this.#reached.clear();
    this.#reached.set(certificate.fingerprint256, reached);
    return reached;
  }

  #set(mesh: string, system: string | undefined): void {
    this.#mesh = pemChainToDer(mesh);
    this.#system = system ? pemChainToDer(system) : this.#system;
    this.#pem = mesh;
    this.#digest = digestOf(mesh);
    this.#roots = this.#mesh.map((der) => new X509Certificate(der));
    this.#reached.clear();
  }
}

export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');
