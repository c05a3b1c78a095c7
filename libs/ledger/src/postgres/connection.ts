import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { connectionOf } from './address.js';

export interface ConnectionSettings {
  /** TLS is in its parameters: see `connectionOf`. */
  readonly url: string;
  /** Milliseconds. */
  readonly connectTimeout: number;
  /** Milliseconds the server may work on a statement; our own patience is a second longer. */
  readonly statementTimeout: number;
  /** Milliseconds a statement may wait for a lock. */
  readonly lockTimeout: number;
}

const PATIENCE_MS = 1_000;

/**
 * For appends, and for reads of streams: all of that is found by an index. A plan that was made while a table was small,
 * and without statistics, would read all of it until the first ANALYZE comes by. (Before Postgres 18 a plan that can't do
 * without a scan, of a table of one row, seems so dear with this that it would be compiled each time.)
 */
export const BY_INDEX = '-c enable_seqscan=off -c jit=off';

const { INT8, BYTEA, TIMESTAMPTZ } = pg.types.builtins;
const parseBytea = pg.types.getTypeParser(BYTEA, 'text') as (text: string) => Buffer;
const parseTime = pg.types.getTypeParser(TIMESTAMPTZ, 'text') as (text: string) => Date;

const bytea = (text: string): Buffer => (text.startsWith('\\x') ? Buffer.from(text.slice(2), 'hex') : parseBytea(text));

// Rows that lie together have the same commit time, and to read one costs more than a row's other columns.
let last = { text: '', time: new Date(0) };
const timestamptz = (text: string): Date => {
  if (text !== last.text) last = { text, time: parseTime(text) };
  return last.time;
};

// int8 as a number: positions and versions are safe integers. (pg reads Postgres' text form only: the binary one goes
// through a string and is spoilt.)
const parsers = new Map<number, (text: string) => unknown>([
  [INT8, Number],
  [BYTEA, bytea],
  [TIMESTAMPTZ, timestamptz],
]);
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => parsers.get(oid) ?? (pg.types.getTypeParser(oid, format) as unknown),
};

export function clientConfig(settings: ConnectionSettings, applicationName: string): pg.ClientConfig {
  return {
    ...connectionOf(settings.url),
    application_name: applicationName,
    connectionTimeoutMillis: settings.connectTimeout,
    statement_timeout: settings.statementTimeout,
    lock_timeout: settings.lockTimeout,
    query_timeout: settings.statementTimeout + PATIENCE_MS,
    keepAlive: true,
    types,
  };
}

/** One connection, which can be cut without asking the other side. */
export class Connection {
  private readonly socket = new Socket();
  private readonly client: pg.Client;
  private broken = false;

  private constructor(
    settings: ConnectionSettings,
    readonly applicationName: string,
  ) {
    const config = { ...clientConfig(settings, applicationName), options: BY_INDEX };
    this.client = new pg.Client({ ...config, stream: () => this.socket });
    this.client.on('error', () => (this.broken = true));
    this.client.on('end', () => (this.broken = true));
  }

  static async open(settings: ConnectionSettings, applicationName: string): Promise<Connection> {
    const connection = new Connection(settings, applicationName);
    try {
      await connection.client.connect();
      return connection;
    } catch (error) {
      connection.cut();
      throw error;
    }
  }

  get usable(): boolean {
    return !this.broken;
  }

  async query<Row extends pg.QueryResultRow>(query: pg.QueryConfig | string, values?: unknown[]): Promise<Row[]> {
    return (await this.client.query<Row>(query, values)).rows;
  }

  onNotification(listener: () => void): void {
    this.client.on('notification', listener);
  }

  onceEnded(listener: () => void): void {
    this.client.once('end', listener);
  }

  /** At once; the server notices in its own time. */
  cut(): void {
    this.broken = true;
    this.socket.destroy();
  }

  /** Politely, and within a second also when the other side hangs. */
  async close(): Promise<void> {
    await Promise.race([this.client.end(), sleep(PATIENCE_MS, undefined, { ref: false })]);
    this.cut();
  }
}
