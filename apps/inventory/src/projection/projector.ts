import { Injectable } from '@nestjs/common';
import { Ledger, type RecordedEvent } from '@cartulary/ledger';
import { Settings } from '@cartulary/service';
import { TransientError } from '@cartulary/transport';
import { historiesOf } from './histories.js';
import { Progress } from './progress.js';
import { certificateRow, identityRow, publicationRow, tokenRow } from './rows.js';
import { Tables } from './tables.js';

type Events = readonly RecordedEvent[];

/** Brings batches of events into the tables. The same events may come again, in any order. */
@Injectable()
export class Projector {
  constructor(
    private readonly ledger: Ledger,
    private readonly tables: Tables,
    private readonly progress: Progress,
    private readonly settings: Settings,
  ) {}

  async handle(events: Events): Promise<void> {
    const { trustDomain } = this.settings;
    const of = (prefix: string): Events => events.filter(({ stream }) => stream.startsWith(prefix));
    const rows = async <Row>(prefix: string, row: (history: Events) => Row | undefined): Promise<Row[]> =>
      [...(await historiesOf(this.ledger, of(prefix))).values()].map(row).filter((each) => each !== undefined);

    const certificates = await rows('certificate-', (history) => certificateRow(history, trustDomain));
    const identities = await rows('identity-', (history) => identityRow(history, trustDomain));
    const tokens = await rows('token-', tokenRow);
    await written(async () => {
      await this.tables.putCertificates(certificates);
      await this.tables.putIdentities(identities);
      await this.tables.putTokens(tokens);
      await this.tables.putPublications(
        newest(events.filter(({ type }) => type === 'CrlPublished')).map(publicationRow),
      );
    });
    const last = Math.max(0, ...events.map(({ position }) => position));
    await written(() => this.tables.advance(last));
    this.progress.handled(last);
  }
}

const newest = (events: Events): Events =>
  [...Map.groupBy(events, ({ stream }) => stream).values()].map((each) =>
    each.reduce((one, other) => (other.position > one.position ? other : one)),
  );

/** SQLSTATE classes 22 (data exception) and 23 (integrity constraint): what comes again with the same event. */
const isFaultOfTheEvent = (error: unknown): boolean =>
  /^2[23]/.test(String((error as { code?: unknown } | null)?.code));

/** A database that is away for a while must not have events set aside. */
const written = async (write: () => Promise<void>): Promise<void> => {
  try {
    await write();
  } catch (cause) {
    if (isFaultOfTheEvent(cause)) throw cause;
    throw new TransientError('the projection could not be written', { cause });
  }
};
