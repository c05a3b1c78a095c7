import type { CertificateEvent, IssuerId, IssuerRecord } from '@cartulary/domain';
import type { Position, RecordedEvent } from '@cartulary/ledger';
import { IssuerDirectory, issuerEventTypes, revocationListEventTypes } from '@cartulary/service';
import { CertIdMatcher } from '@cartulary/x509';
import { TrustBundle } from '../serve-bundle/trust-bundle.js';
import { ServedCrls } from '../serve-crl/served-crls.js';
import { StatusIndex } from './status-index.js';

const certificateEventTypes = [
  'CertificateIssued',
  'CertificateHeld',
  'CertificateReleased',
  'CertificateRevoked',
] as const;

export const responderEventTypes: readonly string[] = [
  ...new Set<string>([...certificateEventTypes, ...issuerEventTypes, ...revocationListEventTypes]),
];

const has = (types: readonly string[], { type }: RecordedEvent): boolean => types.includes(type);

/** All that a responder knows, folded from events alone: no I/O, no clock, no key. */
export class ResponderState {
  readonly issuers = new IssuerDirectory();
  readonly certIds = new CertIdMatcher<IssuerId>();
  readonly statuses: StatusIndex;
  readonly crls = new ServedCrls();
  readonly bundle = new TrustBundle(this.issuers);
  readonly #changed = new Set<() => void>();
  readonly #issuersChanged = new Set<() => void>();
  #position: Position = 0;
  #asOf: Date | undefined;

  /** How long certificates stay known beyond their notAfter, in milliseconds. */
  constructor(retention: number) {
    this.statuses = new StatusIndex(retention);
  }

  /** Calls back after every fold and every freshness. */
  onChange(listener: () => void): void {
    this.#changed.add(listener);
  }

  /** Calls back after a fold that held issuers' events, and once caught up. */
  onIssuersChange(listener: () => void): void {
    this.#issuersChanged.add(listener);
  }

  /** The last event folded. */
  get position(): Position {
    return this.#position;
  }

  /** Every event acknowledged before has been folded; undefined until caught up for the first time. */
  get asOf(): Date | undefined {
    return this.#asOf;
  }

  /** What was folded already is passed over: a transport repeats a batch that failed half-way. */
  fold(events: readonly RecordedEvent[], now: Date): void {
    let issuers = false;
    for (const event of events) {
      if (event.position <= this.#position) continue;
      if (has(issuerEventTypes, event)) {
        this.#foldIssuer(event, now);
        issuers = true;
      }
      if (has(certificateEventTypes, event)) {
        this.statuses.apply(event as unknown as CertificateEvent, event.position, now);
      }
      this.crls.apply(event);
      this.#position = event.position;
    }
    if (issuers) this.#issuersChanged.forEach((listener) => listener());
    this.#changed.forEach((listener) => listener());
  }

  /** The transport's word that nothing acknowledged before `asOf` is missing. */
  refresh(asOf: Date): void {
    const first = this.#asOf === undefined;
    this.#asOf = asOf;
    if (first) this.#issuersChanged.forEach((listener) => listener());
    this.#changed.forEach((listener) => listener());
  }

  #foldIssuer(event: RecordedEvent, now: Date): void {
    this.issuers.apply(event);
    if (event.type === 'IssuerCreated' || event.type === 'IssuerImported') {
      const { issuerId, certificate, parent, chain, keyId } = event.data as unknown as IssuerRecord;
      const { serial, notAfter } = this.issuers.facts(issuerId);
      // We answer for those alone whose key can delegate to us. What an imported issuer's own CA says of it, it says itself.
      if (keyId !== undefined) this.certIds.add(Buffer.from(certificate, 'base64'), issuerId);
      if (!chain) this.statuses.issued(parent ?? issuerId, serial, notAfter, now);
    }
    this.bundle.follow(event.position);
  }
}
