import pg from 'pg';
import { connectionOf } from './address.js';
import { asUnavailable } from './failures.js';

/** Queries of a service's own projections, as the service role; connects when first used, and again by itself. */
export class ProjectionDatabase {
  readonly #pool: pg.Pool;

  constructor(url: string, { connections = 4 }: { readonly connections?: number } = {}) {
    this.#pool = new pg.Pool({
      ...connectionOf(url),
      max: connections,
      application_name: 'cartulary-projections',
      connectionTimeoutMillis: 5_000,
      statement_timeout: 30_000,
    });
    // An idle connection that breaks is replaced by the next query.
    this.#pool.on('error', () => undefined);
    // The pool stops listening when it ends, and the server may still have something to say: an uncaught exception.
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /** Throws LedgerUnavailableError when Postgres cannot be reached. */
  async query<Row>(sql: string, parameters: readonly unknown[] = [], limits?: { timeout: number }): Promise<Row[]> {
    try {
      const { rows } = limits
        ? await this.#within(limits.timeout, sql, [...parameters])
        : await this.#pool.query(sql, [...parameters]);
      return rows as Row[];
    } catch (error) {
      throw asUnavailable(error);
    }
  }

  // On a connection that is not used again: a setting left behind would be the next one's.
  async #within(timeout: number, sql: string, parameters: unknown[]): Promise<pg.QueryResult> {
    const client = await this.#pool.connect();
    try {
      await client.query(`SET statement_timeout = ${Math.trunc(timeout)}`);
      return await client.query(sql, parameters);
    } finally {
      client.release(true);
    }
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}
