import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type PreparedAppend } from '../prepare-append.js';
import { type AppendRow, appendStatement } from './append-statement.js';
import { Connection, type ConnectionSettings } from './connection.js';
import { isPassing, isRolledBack, outcomeUnknown, unreachable } from './failures.js';
import { END_SESSION, LOOK_UP } from './statements.js';

/** What became of one command of a batch. */
export type Outcome =
  | { readonly outcome: 'appended'; readonly firstPosition: number; readonly committedAt: Date }
  | { readonly outcome: 'repeated'; readonly firstPosition: number; readonly eventCount: number }
  | { readonly outcome: 'mismatch' }
  | { readonly outcome: 'conflict'; readonly stream: string; readonly actualVersion: number }
  | { readonly outcome: 'failed'; readonly error: unknown };

export interface SenderSettings extends ConnectionSettings {
  /** Milliseconds to find out what became of a batch whose answer was lost. */
  readonly resolveTimeout: number;
}

interface FoundRow {
  readonly number: number;
  readonly event_id: string;
  readonly position: number;
  readonly committed_at: Date;
}

/** Sends batches over one connection, which it opens again when it is lost. Never rejects: each command has an outcome. */
export class AppendSender {
  private connection: Connection | undefined;

  constructor(private readonly settings: SenderSettings) {}

  async send(batch: readonly PreparedAppend[]): Promise<Outcome[]> {
    let connection: Connection;
    try {
      connection = await this.connected();
    } catch (error) {
      return batch.map(() => ({ outcome: 'failed', error: unreachable(error) }));
    }
    try {
      const rows = await connection.query<AppendRow & Record<string, unknown>>(appendStatement(batch));
      return inOrder(rows, batch);
    } catch (error) {
      if (!isRolledBack(error)) return this.resolve(connection, batch, error);
      if (isPassing(error)) return batch.map(() => ({ outcome: 'failed', error: unreachable(error) }));
      return this.sendOneByOne(batch, error);
    }
  }

  // Postgres refused the batch as a whole: the neighbours of the command that it can't take must not suffer.
  private async sendOneByOne(batch: readonly PreparedAppend[], error: unknown): Promise<Outcome[]> {
    if (batch.length === 1) return [{ outcome: 'failed', error }];
    const outcomes: Outcome[] = [];
    for (const command of batch) outcomes.push(...(await this.send([command])));
    return outcomes;
  }

  /**
   * The answer was lost. The old session is ended first, so that it can't commit after we have looked; then each
   * command is found by the id of its first event, or it is not there and never will be.
   */
  private async resolve(lost: Connection, batch: readonly PreparedAppend[], error: unknown): Promise<Outcome[]> {
    lost.cut();
    const deadline = performance.now() + this.settings.resolveTimeout;
    for (let pause = 20; performance.now() < deadline; pause = Math.min(500, pause * 2)) {
      try {
        const connection = await this.connected();
        const alive = await connection.query(END_SESSION, [lost.applicationName]);
        if (alive.length === 0) return await lookUp(connection, batch, error);
      } catch {
        this.connection?.cut();
      }
      await sleep(pause);
    }
    return batch.map(() => ({ outcome: 'failed', error: outcomeUnknown(error) }));
  }

  private async connected(): Promise<Connection> {
    if (!this.connection?.usable) {
      this.connection = await Connection.open(this.settings, `cartulary-append-${randomUUID()}`);
    }
    return this.connection;
  }

  async close(): Promise<void> {
    await this.connection?.close();
  }
}

// Who is not refused has been appended, one after the other from the first position on.
function inOrder(rows: readonly AppendRow[], batch: readonly PreparedAppend[]): Outcome[] {
  const refused = new Map(rows.map((row) => [row.command, row]));
  const appended = refused.get(0);
  let next = appended?.first_position ?? 0;
  return batch.map(({ events }, index) => {
    const refusal = refused.get(index + 1);
    if (refusal) return refusalOf(refusal);
    const outcome = { outcome: 'appended', firstPosition: next, committedAt: appended!.committed_at } as const;
    next += events.length;
    return outcome;
  });
}

function refusalOf(row: AppendRow): Outcome {
  switch (row.outcome) {
    case 'repeated':
      return { outcome: 'repeated', firstPosition: row.first_position, eventCount: row.event_count };
    case 'conflict':
      return { outcome: 'conflict', stream: row.stream, actualVersion: row.actual_version };
    default:
      return { outcome: 'mismatch' };
  }
}

async function lookUp(connection: Connection, batch: readonly PreparedAppend[], error: unknown): Promise<Outcome[]> {
  const firsts = batch.map(({ events }) => events[0]!);
  const rows = await connection.query<FoundRow & Record<string, unknown>>(LOOK_UP, [
    firsts.map(({ stream }) => stream),
    firsts.map(({ version }) => version),
  ]);
  const found = new Map(rows.map((row) => [row.event_id, row]));
  return firsts.map(({ id }) => {
    const row = found.get(id);
    return row
      ? { outcome: 'appended', firstPosition: row.position, committedAt: row.committed_at }
      : { outcome: 'failed', error: unreachable(error) };
  });
}
