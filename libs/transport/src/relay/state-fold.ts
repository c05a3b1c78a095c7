import {
  type BundleStateRecord,
  type IssuerStateRecord,
  type PublicationStateRecord,
  type PublishedEvent,
} from '@cartulary/contracts';
import {
  type CrlPrepared,
  isAnchorPurpose,
  isIssuerEvent,
  issuerDecider,
  issuerEventTypes,
  type IssuerEvent,
  type IssuerState,
  type TrustDomainCreated,
} from '@cartulary/domain';
import { type Ledger, type RecordedEvent, type StreamHistory } from '@cartulary/ledger';
import { certificateRecords, mayHaveEarlier } from './certificate-records.js';
import { type StateRecord } from './state-record.js';

const FEW_TYPES = [...issuerEventTypes, 'TrustDomainCreated'];
const PAGE = 500;

type Known = PublishedEvent & Pick<RecordedEvent, 'position' | 'recordedAt'>;

/** The streams that certificates' records need besides the event that they are made of. */
export type Streams = ReadonlyMap<string, StreamHistory>;

/**
 * What the state topics say after each event. Certificates need no memory: each of their events names what a record
 * holds, and the few with earlier changes are read. Issuers and the trust domain are few, and are folded from the
 * ledger's beginning.
 */
export class StateFold {
  private readonly issuers = new Map<string, Exclude<IssuerState, { status: 'unknown' }>>();
  private trustDomain: TrustDomainCreated['data'] | undefined;
  private readonly preparations = new Map<string, { number: number; prepared: Prepared }>();

  private constructor(private readonly ledger: Ledger) {}

  /** As it is after the event at `position`. */
  static async at(ledger: Ledger, position: number): Promise<StateFold> {
    const fold = new StateFold(ledger);
    for (let after = 0; after < position;) {
      const events = await ledger.readAll({ after, limit: PAGE, types: FEW_TYPES });
      for (const event of events) if (event.position <= position) await fold.records(event);
      after = events.length < PAGE ? position : events.at(-1)!.position;
    }
    return fold;
  }

  /** What `records` has to know of a batch, in one read. */
  async streams(events: readonly RecordedEvent[]): Promise<Streams> {
    const names = new Set(events.filter(mayHaveEarlier).map(({ stream }) => stream));
    return names.size === 0 ? new Map() : this.ledger.readStreams([...names]);
  }

  async records(event: RecordedEvent, streams: Streams = new Map()): Promise<StateRecord[]> {
    const known = event as unknown as Known;
    switch (known.type) {
      case 'CertificateIssued':
      case 'CertificateHeld':
      case 'CertificateReleased':
      case 'CertificateRevoked':
        return certificateRecords(known, streams.get(event.stream)?.events);
      case 'TrustDomainCreated':
        this.trustDomain = known.data;
        return this.bundle(known.position);
      case 'CrlPrepared': {
        const { issuerId } = known.data;
        this.preparations.set(issuerId, { number: known.position, prepared: preparedFor(known.data) });
        return [{ topic: 'state.preparation', key: issuerId, value: { ...known.data, position: known.position } }];
      }
      case 'CrlPublished':
        return [await this.publication(known)];
      case 'DeltaCrlPublished':
        return [{ topic: 'state.delta', key: known.data.issuerId, value: { ...known.data, position: known.position } }];
      default:
        return isIssuerEvent(known) ? this.issuerRecords(known) : [];
    }
  }

  private issuerRecords(event: Known & IssuerEvent): StateRecord[] {
    const { issuerId } = event.data;
    const state = issuerDecider.evolve(this.issuers.get(issuerId) ?? { status: 'unknown' }, event);
    if (state.status === 'unknown') return [];
    this.issuers.set(issuerId, state);
    const { imported: _imported, keyId: _keyId, ...shown } = state;
    const value: IssuerStateRecord = { ...shown, position: event.position };
    return [
      { topic: 'state.issuer', key: issuerId, value },
      ...(isAnchorPurpose(state.purpose) ? this.bundle(event.position) : []),
    ];
  }

  private bundle(position: number): StateRecord[] {
    if (!this.trustDomain) return [];
    const { trustDomain, root, systemRoot } = this.trustDomain;
    const anchors = [...this.issuers.values()]
      .filter(({ purpose, status }) => isAnchorPurpose(purpose) && status !== 'retired')
      .map(({ issuerId, purpose, certificate }) => ({ issuerId, purpose, certificate }));
    const value: BundleStateRecord = { trustDomain, root, systemRoot, anchors, position };
    return [{ topic: 'state.bundle', key: trustDomain, value }];
  }

  private async publication({ data, position }: Known & { type: 'CrlPublished' }): Promise<StateRecord> {
    const { issuerId, number } = data;
    const last = this.preparations.get(issuerId);
    const prepared = last?.number === number ? last.prepared : await this.readPrepared(number);
    const value: PublicationStateRecord = { expiredBefore: data.thisUpdate, ...data, ...prepared, position };
    return { topic: 'state.publication', key: issuerId, value };
  }

  // The number of a CRL is the position of its CrlPrepared.
  private async readPrepared(number: number): Promise<Prepared | undefined> {
    const [event] = await this.ledger.readAll({ after: number - 1, limit: 1, types: ['CrlPrepared'] });
    return event?.position === number ? preparedFor(event.data as unknown as CrlPrepared['data']) : undefined;
  }
}

type Prepared = Pick<PublicationStateRecord, 'expiredBefore' | 'freshestCrl' | 'delta'>;

/** What a reader must know of a CRL's preparation to make its bytes, beyond what its publication repeats. */
const preparedFor = ({ expiredBefore, freshestCrl, delta }: CrlPrepared['data']): Prepared => ({
  expiredBefore,
  ...(freshestCrl === undefined ? {} : { freshestCrl }),
  ...(delta ? { delta } : {}),
});
