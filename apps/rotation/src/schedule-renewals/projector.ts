import { Injectable } from '@nestjs/common';
import type {
  CertificateEvent,
  RotationCompleted,
  RotationOrdered,
  RotationProgressed,
  Serial,
} from '@cartulary/domain';
import type { RecordedEvent } from '@cartulary/ledger';
import { TransientError } from '@cartulary/transport';
import { certificateRow, type CertificateRow, type OrderEvent, type Removal } from './rows.js';
import { RotationTables, type Turn } from './tables.js';

export const projectedTypes = [
  'CertificateIssued',
  'CertificateRenewed',
  'CertificateRevoked',
  'RotationOrdered',
  'RotationProgressed',
  'RotationCompleted',
] as const;

type Events = readonly RecordedEvent[];
type Of<Data> = RecordedEvent<string, Data>;

/** Brings events into the tables, in their order. Those that came before are passed over. */
@Injectable()
export class RotationProjector {
  constructor(private readonly tables: RotationTables) {}

  /** True: the scheduler has something to do. */
  async handle(events: Events): Promise<boolean> {
    return written(async () => {
      let { position } = await this.tables.known();
      let news = false;
      for (const segment of segmentsOf(events.filter((event) => event.position > position))) {
        const to = segment.at(-1)!;
        news = (await this.#apply({ from: position, to }, segment)) || news;
        position = to.position;
      }
      return news;
    });
  }

  async #apply(turn: Turn, segment: Events): Promise<boolean> {
    const { to: event } = turn;
    switch (event.type) {
      case 'RotationOrdered':
        await this.#order(turn, event as unknown as OrderEvent);
        return true;
      case 'RotationProgressed':
        await this.tables.putProgress(turn, event as unknown as Of<RotationProgressed['data']>);
        return false;
      case 'RotationCompleted':
        await this.tables.putCompletion(turn, event as unknown as Of<RotationCompleted['data']>);
        return false;
      default: {
        const { added, removed } = changesOf(segment);
        return this.tables.putCertificates(turn, added, removed);
      }
    }
  }

  async #order(turn: Turn, event: OrderEvent): Promise<void> {
    const { selector } = event.data as RotationOrdered['data'];
    if ('due' in selector) await this.tables.putDue(turn, event.version, selector.serials);
    else await this.tables.putOrder(turn, event);
  }
}

/** Events of certificates together, each of a rotation by itself. */
const segmentsOf = (events: Events): RecordedEvent[][] => {
  const segments: RecordedEvent[][] = [];
  let open: RecordedEvent[] | undefined;
  for (const event of events) {
    const single = event.type.startsWith('Rotation');
    if (single || !open) segments.push((open = []));
    open.push(event);
    if (single) open = undefined;
  }
  return segments;
};

/** What the segment's events leave: a certificate that comes and goes in it was never there. */
const changesOf = (events: Events): { added: CertificateRow[]; removed: Removal[] } => {
  const added = new Map<Serial, CertificateRow>();
  const removed = new Map<Serial, Removal>();
  for (const { type, data } of events as unknown as readonly CertificateEvent[]) {
    if (type === 'CertificateIssued') {
      const row = certificateRow(data);
      if (row) added.set(data.serial, row);
    } else if (!removed.has(data.serial)) {
      added.delete(data.serial);
      removed.set(data.serial, { serial: data.serial, replaced: type === 'CertificateRenewed' });
    }
  }
  return { added: [...added.values()], removed: [...removed.values()] };
};

/** SQLSTATE classes 22 (data exception) and 23 (integrity constraint): what comes again with the same event. */
const isFaultOfTheEvent = (error: unknown): boolean =>
  /^2[23]/.test(String((error as { code?: unknown } | null)?.code));

/** A database that is away for a while must not have events set aside. */
const written = async <Result>(write: () => Promise<Result>): Promise<Result> => {
  try {
    return await write();
  } catch (cause) {
    if (cause instanceof TransientError || isFaultOfTheEvent(cause)) throw cause;
    throw new TransientError('the projection could not be written', { cause });
  }
};
