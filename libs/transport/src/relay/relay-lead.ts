import { setTimeout as sleep } from 'node:timers/promises';
import { connectionOf } from '@cartulary/ledger';
import pg from 'pg';

export interface LeadTiming {
  /** Milliseconds between two attempts of a standby; 500. */
  readonly standbyInterval: number;
  /** Milliseconds between two signs of life to Postgres; 500. */
  readonly pingInterval: number;
  /** Milliseconds after its last sign of life within which a relay may send; 2 000. */
  readonly sendLimit: number;
  /** Milliseconds of silence after which Postgres ends the session, and with it the lock; more than `sendLimit`; 5 000. */
  readonly idleTimeout: number;
  /**
   * Milliseconds that a successor waits for what its predecessor may still send: `sendLimit` and the time that bytes
   * take through the network; 4 000.
   */
  readonly settle: number;
}

export const DEFAULT_TIMING: LeadTiming = {
  standbyInterval: 500,
  pingInterval: 500,
  sendLimit: 2_000,
  idleTimeout: 5_000,
  settle: 4_000,
};

export interface RelayStoreOptions {
  /** The service role's. */
  readonly url: string;
  /** Whose position it is: one relay for each prefix of topics. */
  readonly name: string;
  readonly timing: LeadTiming;
}

const TRY_LEAD = 'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS leads';
// Gives what the predecessor left, and says that from now on something is under way.
const TAKE = `
  WITH before AS (SELECT position, released FROM cartulary.relay_positions WHERE relay = $1),
  taken AS (
    INSERT INTO cartulary.relay_positions (relay, position, released) VALUES ($1, 0, false)
    ON CONFLICT (relay) DO UPDATE SET released = false, updated_at = now())
  SELECT coalesce(max(position), 0)::float8 AS position, coalesce(bool_and(released), true) AS released FROM before`;
const KEEP = `
  WITH noted AS (
    INSERT INTO cartulary.relay_expiries (relay, serial, not_after)
    SELECT $1, noted.* FROM unnest($4::text[], $5::timestamptz[]) AS noted ON CONFLICT DO NOTHING)
  UPDATE cartulary.relay_positions SET position = $2, released = $3, updated_at = now() WHERE relay = $1`;
const EXPIRED = `
  SELECT serial FROM cartulary.relay_expiries
  WHERE relay = $1 AND not_after < now() - make_interval(secs => $2) ORDER BY not_after LIMIT $3`;
const FORGET = 'DELETE FROM cartulary.relay_expiries WHERE relay = $1 AND serial = ANY ($2)';

/** What the active relay holds a session lock on. */
export const relayLock = (name: string): string => `cartulary relay ${name}`;

/** A certificate that has a record in the state topics. */
export interface Expiry {
  readonly serial: string;
  readonly notAfter: string;
}

/** Waits until this process is the active relay; undefined when the signal came first. */
export async function takeLead(options: RelayStoreOptions, signal: AbortSignal): Promise<RelayLead | undefined> {
  const { url, name, timing } = options;
  const client = new pg.Client({
    ...connectionOf(url),
    application_name: 'cartulary-relay',
    connectionTimeoutMillis: timing.idleTimeout,
    query_timeout: timing.idleTimeout,
    keepAlive: true,
  });
  const lost = new AbortController();
  client.on('error', () => lost.abort());
  client.on('end', () => lost.abort());
  try {
    await client.connect();
    // A process that stands still says nothing, and loses the lock.
    await client.query(`SET idle_session_timeout = ${Math.round(timing.idleTimeout)}`);
    while (!signal.aborted) {
      const asked = performance.now();
      const { rows } = await client.query<{ leads: boolean }>(TRY_LEAD, [relayLock(name)]);
      if (rows[0]?.leads) {
        const taken = await client.query<{ position: number; released: boolean }>(TAKE, [name]);
        return new RelayLead(client, name, timing, lost, taken.rows[0]!, asked);
      }
      await sleep(timing.standbyInterval, undefined, { signal }).catch(() => undefined);
    }
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
  await client.end();
  return undefined;
}

/**
 * The lead over the relay: a session lock on a connection of its own. A lock elects and does not fence, so the lead
 * also knows for how long it may send: its last sign of life, by the monotonic clock (which goes on while a process is
 * stopped), is younger than the limit, which is shorter than Postgres' patience.
 */
export class RelayLead {
  /** What is known to be in Kafka. */
  readonly position: number;
  /** Whether the predecessor said that it had nothing under way. */
  readonly clean: boolean;
  private wanted: number;
  private kept: number;
  private noted: Expiry[] = [];
  private asking: Promise<void> | undefined;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly client: pg.Client,
    private readonly name: string,
    private readonly timing: LeadTiming,
    private readonly losing: AbortController,
    taken: { position: number; released: boolean },
    private lastPing: number,
  ) {
    this.position = this.wanted = this.kept = taken.position;
    this.clean = taken.released;
    const interval = Math.min(100, timing.pingInterval);
    this.timer = setInterval(() => this.ping(), interval);
    this.losing.signal.addEventListener('abort', () => clearInterval(this.timer));
  }

  get lost(): AbortSignal {
    return this.losing.signal;
  }

  maySend(): boolean {
    return !this.losing.signal.aborted && performance.now() - this.lastPing < this.timing.sendLimit;
  }

  /** Everything up to here is in Kafka, and so are these certificates' records; written within a moment. */
  keep(position: number, expiries: readonly Expiry[]): void {
    this.wanted = Math.max(this.wanted, position);
    this.noted.push(...expiries);
  }

  /** Serials of certificates that expired so many milliseconds ago, the oldest first. */
  async expired(since: number, limit: number): Promise<string[]> {
    const { rows } = await this.client.query<{ serial: string }>(EXPIRED, [this.name, since / 1_000, limit]);
    return rows.map(({ serial }) => serial);
  }

  /** Their records have been removed. */
  async forget(serials: readonly string[]): Promise<void> {
    await this.client.query(FORGET, [this.name, serials]);
  }

  private ping(): void {
    const asked = performance.now();
    if (this.asking || (this.wanted === this.kept && asked - this.lastPing < this.timing.pingInterval)) return;
    this.asking = this.write(this.wanted, false)
      .then(() => void (this.lastPing = asked))
      .catch(() => this.losing.abort())
      .finally(() => (this.asking = undefined));
  }

  private async write(position: number, released: boolean): Promise<void> {
    const noted = this.noted.splice(0);
    const [serials, times] = [noted.map(({ serial }) => serial), noted.map(({ notAfter }) => notAfter)];
    if (position === this.kept && !released && noted.length === 0) await this.client.query('SELECT 1');
    else await this.client.query(KEEP, [this.name, position, released, serials, times]);
    this.kept = position;
  }

  /** `clean`: nothing that was sent is without its answer, so a successor need not wait. */
  async release(clean: boolean): Promise<void> {
    clearInterval(this.timer);
    await this.asking;
    if (clean && this.maySend()) await this.write(this.wanted, true).catch(() => undefined);
    this.losing.abort();
    await Promise.race([this.client.end().catch(() => undefined), sleep(1_000, undefined, { ref: false })]);
  }
}
