import { createHash } from 'node:crypto';
import {
  type CertificateEvent,
  type IssuerCompromised,
  type IssuerCrlImported,
  issuerEventTypes,
  type IssuerId,
  type IssuerRecord,
} from '@cartulary/domain';
import type { Position, RecordedEvent } from '@cartulary/ledger';
import { IssuerDirectory, revocationListEventTypes } from '@cartulary/service';
import { CertIdMatcher, Octets, verifyCrl } from '@cartulary/x509';
import { TrustBundle } from '../serve-bundle/trust-bundle.js';
import { type CrlsDump, ServedCrls } from '../serve-crl/served-crls.js';
import type { DumpedPage, StatusDump } from '../statuses/status-dump.js';
import { StatusIndex } from '../statuses/status-index.js';

const certificateEventTypes = [
  'CertificateIssued',
  'CertificateHeld',
  'CertificateReleased',
  'CertificateRevoked',
] as const;

export const responderEventTypes: readonly string[] = [
  ...new Set<string>([...certificateEventTypes, ...issuerEventTypes, ...revocationListEventTypes]),
];

/** What a fold reads of an event. */
export type FoldedEvent = Pick<RecordedEvent, 'type' | 'data' | 'position' | 'version'>;

/** A state taken apart: nothing that is folded later changes it, but for pages of statuses, which may run ahead. */
export interface StateDump {
  readonly position: Position;
  readonly asOf: Date;
  /** The issuers' events. */
  readonly issuers: readonly FoldedEvent[];
  readonly statuses: StatusDump;
  readonly crls: CrlsDump;
}

const has = (types: readonly string[], { type }: FoldedEvent): boolean => types.includes(type);

/** All that a responder knows, folded from events alone: no I/O, no clock, no key. */
export class ResponderState {
  readonly issuers = new IssuerDirectory();
  readonly certIds = new CertIdMatcher<IssuerId>();
  readonly statuses: StatusIndex;
  readonly crls = new ServedCrls();
  readonly bundle = new TrustBundle(this.issuers);
  readonly #changed = new Set<() => void>();
  readonly #issuersChanged = new Set<() => void>();
  readonly #issuerEvents: FoldedEvent[] = [];
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

  /** The last event folded, or known to be none of ours. */
  get position(): Position {
    return this.#position;
  }

  /** Every event acknowledged before has been folded; undefined until caught up for the first time. */
  get asOf(): Date | undefined {
    return this.#asOf;
  }

  /** Grows with whatever may change what is said of a certificate: while it stays, the same may be said again. */
  get changes(): number {
    return this.statuses.changes + this.#issuerEvents.length;
  }

  /** What was folded already is passed over: a transport repeats a batch that failed half-way. */
  fold(events: readonly FoldedEvent[], now: Date): void {
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

  /** There is nothing for us up to here that has not been folded. */
  advance(position: Position): void {
    this.#position = Math.max(this.#position, position);
  }

  /** Undefined until there is anything to be fresh about. */
  dump(): StateDump | undefined {
    const asOf = this.#asOf;
    if (!asOf) return undefined;
    const [position, issuers] = [this.#position, [...this.#issuerEvents]];
    return { position, asOf, issuers, statuses: this.statuses.dump(), crls: this.crls.dump() };
  }

  /** Of a state that has folded nothing: what another one was, with its freshness. */
  restore({ position, asOf, issuers, statuses, crls }: StateDump, pages: readonly DumpedPage[], now: Date): void {
    this.fold(issuers, now);
    this.statuses.load(statuses, pages);
    this.crls.restore(crls, position);
    this.advance(position);
    this.refresh(asOf);
  }

  /** The transport's word that nothing acknowledged before `asOf` is missing. */
  refresh(asOf: Date): void {
    const first = this.#asOf === undefined;
    this.#asOf = asOf;
    if (first) this.#issuersChanged.forEach((listener) => listener());
    this.#changed.forEach((listener) => listener());
  }

  #foldIssuer(event: FoldedEvent, now: Date): void {
    this.#issuerEvents.push(event);
    this.issuers.apply(event);
    if (event.type === 'IssuerCreated' || event.type === 'IssuerImported') {
      const { issuerId, certificate, parent, chain, keyId } = event.data as unknown as IssuerRecord;
      const { serial, notAfter } = this.issuers.facts(issuerId);
      // We answer for those alone whose key can delegate to us. What an imported issuer's own CA says of it, it says itself.
      if (keyId !== undefined) this.certIds.add(Buffer.from(certificate, 'base64'), issuerId);
      if (!chain) this.statuses.issued(parent ?? issuerId, serial, notAfter, event.position, now);
    }
    if (event.type === 'IssuerCompromised') {
      const { parent, ...revoked } = event.data as unknown as IssuerCompromised['data'];
      if (parent) this.statuses.revoked({ ...revoked, issuerId: parent, position: event.position }, now);
    }
    if (event.type === 'IssuerCrlImported') this.#carry(event.data as unknown as IssuerCrlImported['data']);
    this.bundle.follow(event.position);
  }

  /** Whoever gave it to us may have been anybody: what the issuer has not signed is not served. */
  #carry({ issuerId, number, thisUpdate, nextUpdate, crl }: IssuerCrlImported['data']): void {
    const bytes = Buffer.from(crl, 'base64');
    const issuer = this.issuers.find(issuerId);
    if (!issuer || !isSignedBy(bytes, Buffer.from(issuer.certificate, 'base64'))) return;
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const dates = { thisUpdate: new Date(thisUpdate), nextUpdate: new Date(nextUpdate) };
    this.crls.carry(issuerId, { number, ...dates, sha256, octets: new Octets([bytes]) });
  }
}

const isSignedBy = (crl: Buffer, issuer: Buffer): boolean => {
  try {
    verifyCrl(crl, issuer);
    return true;
  } catch {
    return false;
  }
};
