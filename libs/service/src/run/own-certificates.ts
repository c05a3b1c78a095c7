import { type Backoff, backoff, type Clock, type Logger } from '@cartulary/runtime';
import { createCsr, type CsrContents, derToPem, generatePrivateKey } from '@cartulary/x509';
import { type CertificateFiles, type OwnCertificate, ownCertificate } from './certificate-files.js';
import { OwnCertificateExpiredError, ServiceSetupError } from './errors.js';

/** `service` to call others with, `server` to serve with. */
export const ownKinds = ['service', 'server'] as const;
export type OwnKind = (typeof ownKinds)[number];

export interface CertificateWanted {
  readonly kind: OwnKind;
  /** Whose it will be: the service's SPIFFE ID. */
  readonly identity: string;
  /** PEM. */
  readonly csr: string;
  /** Serial of the one to renew. */
  readonly predecessor?: string;
}

/** Where a service's own certificates come from. */
export interface CertificateSource {
  /** Whether it also issues the first ones. */
  readonly first: boolean;
  obtain(wanted: CertificateWanted): Promise<{ readonly certificate: string; readonly chain: string }>;
}

export interface OwnCertificatesOptions {
  readonly files: CertificateFiles;
  /** Of the service: names its files. */
  readonly name: string;
  /** Its SPIFFE ID. */
  readonly identity: string;
  /** For first certificates; a renewal keeps the names of its predecessor. */
  readonly names: Required<Pick<CsrContents, 'dnsNames' | 'ipAddresses'>>;
  /** Milliseconds that certificates are backdated by. */
  readonly skew: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random?: () => number;
}

interface Held extends OwnCertificate {
  /** Milliseconds since the epoch. */
  readonly renewAt: number;
}

/** Of a life: renewed somewhere between, so that replicas don't come together, and before a third of it is left. */
const RENEW = { from: 0.5, to: 0.65 } as const;

/** A service's own two certificates: read from its directory, renewed in time, while it runs. */
export class OwnCertificates {
  readonly #held = new Map<OwnKind, Held>();
  readonly #failing = new Map<OwnKind, { readonly pause: Backoff; retryAt: number }>();

  constructor(private readonly options: OwnCertificatesOptions) {}

  /** Reads what is there. */
  async load(): Promise<void> {
    for (const kind of ownKinds) await this.#read(kind);
  }

  /** Throws ServiceSetupError where there is none that is valid now. */
  get(kind: OwnKind): OwnCertificate {
    const held = this.#valid(kind);
    if (held) return held;
    const { name } = this.options;
    const what = this.#held.has(kind) ? 'has ended' : 'is missing';
    throw new ServiceSetupError(
      `the ${kind} certificate of ${name} ${what}: run \`cartulary init --services ${name}\` and bring services/${name}* here`,
    );
  }

  /**
   * One round: what is due is obtained, or taken from the directory where a replica was faster. Resolves to true when
   * there is anything new. Failures are tried again in later rounds, as long as there is a certificate.
   */
  async renew(source: CertificateSource): Promise<boolean> {
    const outcomes = await Promise.all(ownKinds.map((kind) => this.#renew(kind, source)));
    return outcomes.includes(true);
  }

  /** A readiness check. */
  check(): string {
    const ends = ownKinds.map((kind) => {
      const held = this.#valid(kind);
      if (!held) throw new OwnCertificateExpiredError(`the ${kind} certificate has ended`);
      return `${kind} until ${held.notAfter.toISOString()}`;
    });
    return ends.join(', ');
  }

  async #renew(kind: OwnKind, source: CertificateSource): Promise<boolean> {
    const now = this.options.clock.now().getTime();
    const failing = this.#failing.get(kind);
    if (!this.#isDue(kind, now) || (failing && now < failing.retryAt)) return false;
    const before = this.#held.get(kind)?.serial;
    await this.#read(kind);
    if (!this.#isDue(kind, now)) return this.#held.get(kind)?.serial !== before;
    try {
      await this.#obtain(kind, source);
      this.#failing.delete(kind);
      return true;
    } catch (error) {
      if (!this.#valid(kind)) throw error;
      const next = failing ?? { pause: backoff({ minMs: 1_000, maxMs: 60_000 }), retryAt: 0 };
      next.retryAt = now + next.pause.next();
      this.#failing.set(kind, next);
      this.options.logger.warn({ err: error, kind }, 'no new certificate of our own; trying again');
      return false;
    }
  }

  async #obtain(kind: OwnKind, source: CertificateSource): Promise<void> {
    const { identity, names, files, logger } = this.options;
    const current = source.first ? this.#valid(kind) : this.get(kind);
    const { dnsNames, ipAddresses } = source.first || !current ? names : current;
    const key = await generatePrivateKey('ecdsa-p256');
    const contents = kind === 'service' ? { uris: [identity] } : { dnsNames, ipAddresses };
    const csr = derToPem(await createCsr(key, contents), 'CERTIFICATE REQUEST');
    const predecessor = current ? { predecessor: current.serial } : {};
    const { certificate, chain } = await source.obtain({ kind, identity, csr, ...predecessor });
    const pem = key.export({ type: 'pkcs8', format: 'pem' }) as string;
    const own = ownCertificate(pem, `${certificate}${chain}`);
    this.#hold(kind, own);
    await files.write(this.#file(kind), own);
    logger.info({ kind, serial: own.serial, until: own.notAfter }, 'a new certificate of our own');
  }

  async #read(kind: OwnKind): Promise<void> {
    const found = await this.options.files.read(this.#file(kind));
    if (found && found.serial !== this.#held.get(kind)?.serial) this.#hold(kind, found);
  }

  #hold(kind: OwnKind, own: OwnCertificate): void {
    const { skew, random = Math.random } = this.options;
    const end = own.notAfter.getTime();
    const start = Math.min(own.notBefore.getTime() + skew, end);
    const renewAt = start + (end - start) * (RENEW.from + (RENEW.to - RENEW.from) * random());
    this.#held.set(kind, { ...own, renewAt });
  }

  #isDue(kind: OwnKind, now: number): boolean {
    const held = this.#held.get(kind);
    return !held || now >= held.renewAt;
  }

  #valid(kind: OwnKind): Held | undefined {
    const held = this.#held.get(kind);
    return held && this.options.clock.now() < held.notAfter ? held : undefined;
  }

  #file(kind: OwnKind): string {
    return kind === 'service' ? this.options.name : `${this.options.name}-server`;
  }
}
