import pg from 'pg';
import { clientConfig, type ConnectionSettings } from './connection.js';
import { asUnavailable, isPassing, isRolledBack } from './failures.js';

/** Reads over a pool. A read whose connection breaks is tried once more: it may have been the pool's stale one. */
export class Reader {
  private readonly pool: pg.Pool;

  constructor(settings: ConnectionSettings, connections: number, plans = '') {
    // One index for a stream's events, whatever the statistics: combined with the position's, a stream whose events lie
    // far apart would cost a scan of all that lies between.
    const options = `-c enable_bitmapscan=off ${plans}`;
    this.pool = new pg.Pool({ ...clientConfig(settings, 'cartulary-read'), max: connections, options });
    // An idle connection was lost: the pool has dropped it already.
    this.pool.on('error', () => undefined);
    // The pool stops listening when it ends, and the server may still have something to say: an uncaught exception.
    this.pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /** @throws LedgerUnavailableError */
  async query<Row extends pg.QueryResultRow>(name: string, text: string, values: unknown[]): Promise<Row[]> {
    try {
      return await this.once<Row>(name, text, values);
    } catch (error) {
      const lost = isPassing(error) && !isRolledBack(error) && !isTimeout(error);
      if (!lost) throw asUnavailable(error);
    }
    return this.once<Row>(name, text, values).catch((error: unknown) => {
      throw asUnavailable(error);
    });
  }

  private async once<Row extends pg.QueryResultRow>(name: string, text: string, values: unknown[]): Promise<Row[]> {
    return (await this.pool.query<Row>({ name, text, values })).rows;
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}

const isTimeout = (error: unknown): boolean => error instanceof Error && /timeout/i.test(error.message);
