import {
  fold,
  isAnchorPurpose,
  isOver,
  type Issuer,
  type IssuerEvent,
  issuerDecider,
  issuerEventTypes,
  type IssuerId,
  IssuerNotFoundError,
  type IssuerPurpose,
  type Line,
  lineOf,
  NoActiveIssuerError,
  timestamp,
} from '@cartulary/domain';
import type { RecordedEvent } from '@cartulary/ledger';
import type { Transport } from '@cartulary/transport';
import { type CertificateFacts, certificateFacts, derChainToPem } from '@cartulary/x509';

export type KnownIssuer = Issuer;

/** Every issuer of the trust domain, folded from the events; a Nest token. */
export class IssuerDirectory {
  readonly #issuers = new Map<IssuerId, KnownIssuer>();
  // Decoded once: what is known of a certificate is kept by the identity of its bytes.
  readonly #certificates = new Map<IssuerId, Buffer>();
  // As text, until any issuer changes.
  readonly #chains = new Map<IssuerId, string>();
  readonly #changed = new Set<(issuer: KnownIssuer) => void>();

  /** Follows the transport; resolves when everything that was there has been read. */
  static async follow(transport: Transport): Promise<IssuerDirectory> {
    const directory = new IssuerDirectory();
    await directory.follow(transport);
    return directory;
  }

  /** As the static one; `seen` gets the events that have been applied, from the first on. */
  async follow(
    transport: Transport,
    seen: (events: readonly RecordedEvent[]) => void = () => undefined,
  ): Promise<void> {
    const follower = transport.follow({
      name: 'issuer-directory',
      after: 0,
      types: issuerEventTypes,
      handle: (events) => {
        for (const event of events) this.apply(event);
        seen(events);
      },
    });
    await follower.caughtUp;
  }

  /** Calls back after every event that changed an issuer; gives what ends that. */
  onChange(listener: (issuer: KnownIssuer) => void): () => void {
    this.#changed.add(listener);
    return () => this.#changed.delete(listener);
  }

  /** Events may come again: a state never goes back. */
  apply(event: Pick<RecordedEvent, 'type' | 'data'>): void {
    const issuerEvent = event as unknown as IssuerEvent;
    const { issuerId } = issuerEvent.data;
    const known = this.#issuers.get(issuerId) ?? issuerDecider.initial;
    const state = fold({ initial: known, evolve: issuerDecider.evolve }, [issuerEvent]);
    if (state.status === 'unknown') return;
    this.#issuers.set(issuerId, state);
    this.#chains.clear();
    if (!this.#certificates.has(issuerId)) this.#certificates.set(issuerId, wellFormed(der(state.certificate)));
    if (state !== known) this.#changed.forEach((listener) => listener(state));
  }

  all(): readonly KnownIssuer[] {
    return [...this.#issuers.values()];
  }

  find(issuerId: IssuerId): KnownIssuer | undefined {
    return this.#issuers.get(issuerId);
  }

  get(issuerId: IssuerId): KnownIssuer {
    const issuer = this.#issuers.get(issuerId);
    if (!issuer) throw new IssuerNotFoundError(issuerId);
    return issuer;
  }

  /** DER; the same bytes each time. */
  certificate(issuerId: IssuerId): Buffer {
    const certificate = this.#certificates.get(issuerId);
    if (!certificate) throw new IssuerNotFoundError(issuerId);
    return certificate;
  }

  facts(issuerId: IssuerId): CertificateFacts {
    return certificateFacts(this.certificate(issuerId));
  }

  /** The epochs of one purpose: who issues, and who was made to be the next. */
  line(purpose: IssuerPurpose, now?: Date): Line {
    return lineOf(
      this.all().filter((issuer) => issuer.purpose === purpose),
      now && timestamp(now),
    );
  }

  /** The one that issues; of several, as far as the events have come, that of the latest epoch. */
  active(purpose: IssuerPurpose): KnownIssuer {
    const active = this.all().filter((issuer) => issuer.purpose === purpose && issuer.status === 'active');
    const latest = active.sort((a, b) => b.epoch - a.epoch)[0];
    if (!latest) throw new NoActiveIssuerError(purpose);
    return latest;
  }

  /** Issuers whose key is ours and in use: those that can sign a CRL or delegate OCSP. */
  signing(): readonly (KnownIssuer & { readonly keyId: string })[] {
    return this.all().filter(
      (issuer): issuer is KnownIssuer & { keyId: string } => issuer.keyId !== undefined && !isKeyGone(issuer),
    );
  }

  /** From the issuer up to its anchor, both included, DER. */
  path(issuerId: IssuerId): readonly Buffer[] {
    const issuer = this.get(issuerId);
    const above = issuer.parent ? this.path(issuer.parent) : (issuer.chain ?? []).map(der);
    return [this.certificate(issuerId), ...above];
  }

  /** What goes with a certificate of this issuer: the path without its anchor, DER. */
  chain(issuerId: IssuerId): readonly Buffer[] {
    return this.path(issuerId).slice(0, -1);
  }

  /** The same in PEM, one after the other: what every new certificate is handed out with. */
  chainPem(issuerId: IssuerId): string {
    const known = this.#chains.get(issuerId);
    if (known !== undefined) return known;
    const chain = derChainToPem(this.chain(issuerId));
    this.#chains.set(issuerId, chain);
    return chain;
  }

  /** Anchors that mesh proxies trust, DER. */
  meshAnchors(): readonly Buffer[] {
    return this.#anchorsOf(['workload', 'server']);
  }

  /** Anchors of our own operators, agents and services, DER. */
  systemAnchors(): readonly Buffer[] {
    return this.#anchorsOf(['system']);
  }

  /** Anchors under which workloads' certificates verify, for SPIFFE bundles, DER. */
  workloadAnchors(): readonly Buffer[] {
    return this.#anchorsOf(['workload']);
  }

  // From its first event on, a root is trusted wherever one of its row is: so it is known everywhere when it is first
  // used. The old one goes when it has retired, after everything below it.
  #anchorsOf(purposes: readonly IssuerPurpose[]): readonly Buffer[] {
    const tops = this.all()
      .filter(({ purpose, status }) => purposes.includes(purpose) && status !== 'retired')
      .map((issuer) => this.#top(issuer));
    const rows = new Set(tops.flatMap(({ root }) => root?.purpose ?? []));
    const roots = this.all().filter(({ purpose, status }) => rows.has(purpose) && status !== 'retired');
    const anchors = [...tops.flatMap(({ anchor }) => anchor ?? []), ...roots.map(({ certificate }) => certificate)];
    return [...new Set(anchors)].map(der);
  }

  /** The root of ours above an issuer, or the certificate of one that is none of ours. */
  #top(issuer: KnownIssuer): { readonly root?: KnownIssuer; readonly anchor?: string } {
    if (issuer.parent) return this.#top(this.get(issuer.parent));
    const anchor = issuer.chain?.at(-1);
    if (anchor !== undefined) return { anchor };
    return isAnchorPurpose(issuer.purpose) ? { root: issuer } : { anchor: issuer.certificate };
  }
}

/** Nothing is signed with it any more: it is destroyed. */
export const isKeyGone = (issuer: KnownIssuer): boolean => isOver(issuer);

const der = (base64: string): Buffer => Buffer.from(base64, 'base64');

/** Throws CERTIFICATE_MALFORMED. */
const wellFormed = (certificate: Buffer): Buffer => {
  certificateFacts(certificate);
  return certificate;
};
