import { Injectable } from '@nestjs/common';
import { Ledger, LedgerUnavailableError, type RecordedEvent } from '@cartulary/ledger';
import { Settings } from '@cartulary/service';
import { TransientError } from '@cartulary/transport';
import { historiesOf } from './histories.js';
import { certificateRow, identityRow, publicationRow, tokenRow, type Versions, versionsOf } from './rows.js';
import { type Builder, type Changes, Tables, type Written } from './tables.js';

type Events = readonly RecordedEvent[];

/** The generation is another one's now, or is gone: whoever writes it has to stop. */
export class SupersededError extends TransientError {
  constructor(readonly generation: number) {
    super(`generation ${generation} of the inventory is not written any more`);
  }
}

/** Brings batches of events into the tables of a generation. The same events may come again, in any order. */
@Injectable()
export class Projector {
  constructor(
    private readonly ledger: Ledger,
    private readonly tables: Tables,
    private readonly settings: Settings,
  ) {}

  /**
   * Gives the generation's status at the moment of writing.
   * @throws SupersededError, TransientError, and for a fault of an event what it is
   */
  async handle(generation: number, events: Events, builder?: Builder): Promise<Written> {
    const changes = await this.#changesOf(events);
    const written = await writing(() => this.tables.write(generation, changes, builder));
    if (!written) throw new SupersededError(generation);
    return written;
  }

  async #changesOf(events: Events): Promise<Changes> {
    const { trustDomain } = this.settings;
    const of = (prefix: string): Events => events.filter(({ stream }) => stream.startsWith(prefix));
    const all = async <Row extends object>(
      prefix: string,
      row: (history: Events) => Row | undefined,
    ): Promise<Versions<Row>[]> => {
      const histories = [...(await historiesOf(this.ledger, of(prefix))).values()];
      return histories.map((history) => versionsOf(history, row)).filter((each) => each !== undefined);
    };
    const published = new Map(
      events.filter(({ type }) => type === 'CrlPublished').map((event) => [event.position, event]),
    );
    return {
      certificates: await all('certificate-', (history) => certificateRow(history, trustDomain)),
      identities: await all('identity-', (history) => identityRow(history, trustDomain)),
      tokens: await all('token-', tokenRow),
      publications: [...published.values()].map(publicationRow),
      position: events.reduce((last, { position }) => Math.max(last, position), 0),
      events: events.length,
    };
  }
}

/** SQLSTATE classes 22 (data exception) and 23 (integrity constraint): what comes again with the same event. */
const isFaultOfTheEvent = (error: unknown): boolean =>
  /^2[23]/.test(String((error as { code?: unknown } | null)?.code));

/** A database that is away for a while must not have events set aside. */
const writing = async <Result>(write: () => Promise<Result>): Promise<Result> => {
  try {
    return await write();
  } catch (cause) {
    if (isFaultOfTheEvent(cause)) throw cause;
    throw new TransientError('the projection could not be written', { cause });
  }
};

/** Whether the moment is wrong and not the event. */
export const isPassing = (error: unknown): boolean =>
  error instanceof TransientError || error instanceof LedgerUnavailableError;
