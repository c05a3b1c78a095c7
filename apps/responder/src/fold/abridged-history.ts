import type {
  CertificateChange,
  CertificateStateRecord,
  DeltaStateRecord,
  PreparationStateRecord,
  PublicationStateRecord,
  RevokedRecord,
} from '@cartulary/contracts';
import type { Position } from '@cartulary/ledger';
import type { StateSubscription } from '@cartulary/transport';
import type { StatusIndex } from '../statuses/status-index.js';
import type { FoldedEvent } from './responder-state.js';

const eventOf = (position: Position, type: string, data: object): FoldedEvent => ({
  ...{ position, type, version: 0 },
  data: data as FoldedEvent['data'],
});

type Named = Pick<CertificateStateRecord, 'serial' | 'issuerId' | 'notAfter'>;

const changeEvent = ({ serial, issuerId, notAfter }: Named, change: CertificateChange): FoldedEvent => {
  const { status, since, reason = 'unspecified', invalidityDate, position } = change;
  const named = { serial, issuerId, notAfter };
  if (status === 'held') return eventOf(position, 'CertificateHeld', { ...named, heldAt: since });
  if (status === 'active') return eventOf(position, 'CertificateReleased', { ...named, releasedAt: since });
  const why = { reason, revokedAt: since, ...(invalidityDate ? { invalidityDate } : {}) };
  return eventOf(position, 'CertificateRevoked', { ...named, ...why });
};

/**
 * State topics, read as a history that is shorter than the whole one and folds to the same: issuers with all of their
 * events, certificates that nothing has happened to in no order, of the others each change that a CRL may still show,
 * and each issuer's newest CRL. Whatever is newer than the cut is left out, since it comes again as events: so a CRL
 * that is prepared between the two holds what it should. Statuses alone are taken as new as they are.
 */
export class AbridgedHistory {
  readonly #issuers: FoldedEvent[] = [];
  readonly #changed = new Map<string, CertificateStateRecord>();
  readonly #revoked = new Map<string, RevokedRecord>();
  readonly #preparations = new Map<string, PreparationStateRecord>();
  readonly #publications = new Map<string, PublicationStateRecord>();
  readonly #deltas = new Map<string, DeltaStateRecord>();
  #newest: Position = 0;

  constructor(
    private readonly statuses: StatusIndex,
    private readonly now: Date,
  ) {}

  /** No record is newer: before that has been folded, nothing may be said. */
  get newest(): Position {
    return this.#newest;
  }

  readonly subscription: StateSubscription = {
    topics: {
      'state.certificate': (key, record) => this.#certificate(key, record),
      revoked: (key, record) => {
        if (record) this.statuses.revoked(record, this.now);
        this.#keep(this.#revoked, key, record);
      },
      'state.preparation': (key, record) => this.#keep(this.#preparations, key, record),
      'state.publication': (key, record) => this.#keep(this.#publications, key, record),
      'state.delta': (key, record) => this.#keep(this.#deltas, key, record),
    },
    aggregates: [{ name: 'issuer', handle: (event) => void this.#issuers.push(event) }],
  };

  /** In the order of positions, without what is newer than the cut. */
  events(cut: Position): FoldedEvent[] {
    const changes = new Map<Position, FoldedEvent>();
    for (const record of this.#changed.values()) {
      for (const change of [...(record.earlier ?? []), record]) {
        changes.set(change.position, changeEvent(record, change));
      }
    }
    // Read as a set: whatever became of the certificate's own record, it is revoked.
    for (const record of this.#revoked.values()) {
      const change = { ...record, status: 'revoked', since: record.revokedAt } as const;
      changes.set(record.position, changeEvent(record, change));
    }
    return [...this.#issuers, ...changes.values(), ...this.#crls()]
      .filter(({ position }) => position <= cut)
      .sort((a, b) => a.position - b.position);
  }

  *#crls(): Generator<FoldedEvent> {
    for (const { position, ...data } of this.#preparations.values()) yield eventOf(position, 'CrlPrepared', data);
    for (const { position, number, publishedAt, ...data } of this.#publications.values()) {
      if (this.#preparations.get(data.issuerId)?.position !== number) {
        yield eventOf(number, 'CrlPrepared', { ...data, preparedAt: publishedAt });
      }
      yield eventOf(position, 'CrlPublished', { ...data, number, publishedAt });
    }
    for (const { position, ...data } of this.#deltas.values()) yield eventOf(position, 'DeltaCrlPublished', data);
  }

  #certificate(key: string, record: CertificateStateRecord | undefined): void {
    if (record) this.statuses.restore(record, this.now);
    const plain = record?.status === 'active' && record.earlier === undefined;
    // A million that nothing has happened to need not be kept besides the statuses.
    if (plain && !this.#changed.has(key)) this.#newest = Math.max(this.#newest, record.position);
    else this.#keep(this.#changed, key, record);
  }

  #keep<Record extends { readonly position: Position }>(
    all: Map<string, Record>,
    key: string,
    record: Record | undefined,
  ): void {
    if (!record) return void all.delete(key);
    this.#newest = Math.max(this.#newest, record.position);
    if (record.position >= (all.get(key)?.position ?? 0)) all.set(key, record);
  }
}
