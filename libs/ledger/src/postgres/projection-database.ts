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
  async query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    try {
      return (await this.#pool.query(sql, [...parameters])).rows as Row[];
    } catch (error) {
      throw asUnavailable(error);
    }
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}
