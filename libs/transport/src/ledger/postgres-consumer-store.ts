import { setTimeout as sleep } from 'node:timers/promises';
import { connectionOf } from '@cartulary/ledger';
import pg from 'pg';
import { type PoisonEvent } from '../transport.js';
import { type ConsumerStore, type Lead } from './consumer-store.js';

export interface PostgresConsumerStoreOptions {
  /** The service role's. */
  readonly url: string;
  /** Milliseconds between two attempts of a standby to lead; 500. */
  readonly standbyInterval?: number;
}

const TIMEOUT_MS = 10_000;
const RELEASE_MS = 1_000;

// One session lock a group: it ends with the connection, so also with a process that was killed.
const TRY_LEAD = 'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS leads';
const POSITION = 'SELECT position::float8 FROM cartulary.consumer_positions WHERE consumer_group = $1';
const KEEP = `
  INSERT INTO cartulary.consumer_positions (consumer_group, position) VALUES ($1, $2)
  ON CONFLICT (consumer_group) DO UPDATE SET position = excluded.position, updated_at = now()
  WHERE consumer_positions.position < excluded.position`;
const SET_ASIDE = `
  INSERT INTO cartulary.poison_events (consumer_group, position, stream, type, reason, attempts)
  VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (consumer_group, position) DO UPDATE SET reason = excluded.reason, attempts = excluded.attempts,
    set_aside_at = now()`;
const POISON = `
  SELECT consumer_group || '/' || position AS id, consumer_group AS "group", position::float8, stream, type, reason,
    attempts, set_aside_at AS "setAsideAt"
  FROM cartulary.poison_events WHERE consumer_group = coalesce($1, consumer_group) ORDER BY poison_events.position, 1`;
const FORGET = 'DELETE FROM cartulary.poison_events WHERE consumer_group = $1 AND position = $2';

/** Positions and poison events beside the ledger; leadership by a session advisory lock. */
export class PostgresConsumerStore implements ConsumerStore {
  private readonly config: pg.ClientConfig;
  private readonly pool: pg.Pool;
  private readonly standbyInterval: number;

  constructor({ url, standbyInterval }: PostgresConsumerStoreOptions) {
    this.config = {
      ...connectionOf(url),
      connectionTimeoutMillis: TIMEOUT_MS,
      query_timeout: TIMEOUT_MS,
      keepAlive: true,
    };
    this.pool = new pg.Pool({ ...this.config, application_name: 'cartulary-consumers', max: 2 });
    this.pool.on('error', () => undefined);
    this.standbyInterval = standbyInterval ?? 500;
  }

  async lead(group: string, signal: AbortSignal): Promise<Lead | undefined> {
    const client = new pg.Client({ ...this.config, application_name: 'cartulary-lead' });
    const lost = new AbortController();
    client.on('error', () => lost.abort());
    client.on('end', () => lost.abort());
    try {
      await client.connect();
      while (!signal.aborted) {
        const { rows } = await client.query<{ leads: boolean }>(TRY_LEAD, [`cartulary consumer ${group}`]);
        if (rows[0]?.leads) return await leadOver(client, group, lost);
        await sleep(this.standbyInterval, undefined, { signal }).catch(() => undefined);
      }
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    await client.end();
    return undefined;
  }

  async setAside({
    group,
    position,
    stream,
    type,
    reason,
    attempts,
  }: Omit<PoisonEvent, 'id' | 'setAsideAt'>): Promise<void> {
    // Postgres' text holds no NUL.
    await this.pool.query(SET_ASIDE, [group, position, stream, type, reason.replaceAll('\0', '\ufffd'), attempts]);
  }

  async poisonEvents(group?: string): Promise<PoisonEvent[]> {
    return (await this.pool.query<PoisonEvent>(POISON, [group ?? null])).rows;
  }

  async forgetPoison(group: string, position: number): Promise<void> {
    await this.pool.query(FORGET, [group, position]);
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}

// Positions are kept over the connection that holds the lock: who has lost the one can't do the other.
async function leadOver(client: pg.Client, group: string, lost: AbortController): Promise<Lead> {
  const { rows } = await client.query<{ position: number }>(POSITION, [group]);
  return {
    position: rows[0]?.position ?? 0,
    lost: lost.signal,
    keep: async (position) => {
      try {
        await client.query(KEEP, [group, position]);
      } catch (error) {
        lost.abort();
        throw error;
      }
    },
    // Postgres may hang: whoever stops must not.
    release: async () => {
      await Promise.race([client.end(), sleep(RELEASE_MS, undefined, { ref: false })]);
    },
  };
}
