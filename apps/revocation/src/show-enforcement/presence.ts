import { randomUUID } from 'node:crypto';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { NodeName } from '@cartulary/domain';
import { Clock } from '@cartulary/runtime';
import { Database } from '@cartulary/service';

/** How often a replica says which streams it holds. */
const BEAT_MS = 1_000;
/** An agent of which nothing has come for so long is away. Its connection is pinged every 1.5 s. */
export const AWAY_MS = 3_500;
/** A node that was away for so long, and what it has said, is forgotten. */
const FORGOTTEN = '24 hours';
const FORGET_EVERY_MS = 600_000;

const OPEN = `
  INSERT INTO projections.revocation_agents (node, stream, opened_at, beat_at, canaries)
  VALUES ($1, $2, clock_timestamp(), clock_timestamp(), $3)
  ON CONFLICT (node) DO UPDATE SET stream = EXCLUDED.stream, opened_at = EXCLUDED.opened_at,
    beat_at = EXCLUDED.beat_at, gone_at = NULL, canaries = EXCLUDED.canaries`;
// A stream that is not the agent's newest any more says nothing.
const BEAT = `
  UPDATE projections.revocation_agents AS known SET beat_at = clock_timestamp() - row.silence * interval '1 millisecond', gone_at = NULL
  FROM unnest($1::text[], $2::text[], $3::float8[]) AS row (node, stream, silence)
  WHERE known.node = row.node AND known.stream = row.stream`;
const GONE = `
  UPDATE projections.revocation_agents SET gone_at = clock_timestamp() WHERE node = $1 AND stream = $2`;
const FORGET = `
  WITH old AS (
    DELETE FROM projections.revocation_agents
    WHERE coalesce(gone_at, beat_at) < clock_timestamp() - interval '${FORGOTTEN}' RETURNING node)
  DELETE FROM projections.revocation_acknowledgements USING old WHERE revocation_acknowledgements.node = old.node`;

const ASKED = `
  SELECT EXISTS (SELECT FROM projections.revocation_agents WHERE canaries AND gone_at IS NULL
    AND beat_at > clock_timestamp() - interval '${AWAY_MS} milliseconds') AS asked`;

/** What is known of whether the other end lives: octets that have come. */
export interface Line {
  readonly bytesRead: number;
}

interface Held {
  readonly node: NodeName;
  readonly line: Line;
  readonly canaries: boolean;
  read: number;
  /** When octets last came, by a clock that is never set. */
  at: number;
}

/**
 * Which agents hold a stream, for every replica to see. A stream that ends is told at once; of a machine that is frozen or
 * cut off nothing comes any more, not even answers to pings; a replica that dies stops beating for its streams.
 */
@Injectable()
export class Presence implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(Presence.name);
  readonly #streams = new Map<string, Held>();
  #timer?: NodeJS.Timeout;
  #beating: Promise<unknown> = Promise.resolve();
  #forgotten = 0;
  /** As the table said last. */
  #askedAnywhere = false;
  readonly #listeners = new Set<() => void>();

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => this.#next(() => this.#beat()), BEAT_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.#beating;
  }

  /** Whether an agent is there, at any replica, that tries canaries. */
  get asked(): boolean {
    return this.#askedAnywhere || [...this.#streams.values()].some((held) => held.canaries);
  }

  /** Calls back when canaries are asked for and were not before; gives what ends that. */
  onAsked(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The node's stream begins; gives what is to be called when it ends. */
  open(node: NodeName, line: Line, canaries = false): () => void {
    const stream = randomUUID();
    const before = this.asked;
    this.#streams.set(stream, { node, line, canaries, read: line.bytesRead, at: performance.now() });
    if (canaries && !before) this.#tell();
    this.#next(() => this.database.query(OPEN, [node, stream, canaries]));
    return () => {
      this.#streams.delete(stream);
      this.#next(() => this.database.query(GONE, [node, stream]));
    };
  }

  async #beat(): Promise<void> {
    if (this.#streams.size > 0) {
      const held = [...this.#streams.values()];
      const silences = held.map(silenceOf);
      await this.database.query(BEAT, [held.map(({ node }) => node), [...this.#streams.keys()], silences]);
    }
    const [row] = await this.database.query<{ asked: boolean }>(ASKED);
    const before = this.asked;
    this.#askedAnywhere = row?.asked ?? false;
    if (this.asked && !before) this.#tell();
    const now = this.clock.now().getTime();
    if (now - this.#forgotten < FORGET_EVERY_MS) return;
    this.#forgotten = now;
    await this.database.query(FORGET);
  }

  #tell(): void {
    this.#listeners.forEach((listener) => listener());
  }

  /** One after the other: a stream's end must not overtake its beginning. */
  #next(write: () => Promise<unknown>): void {
    this.#beating = this.#beating
      .then(write)
      .catch((error: unknown) => this.#logger.warn(`which agents are there is not written down: ${String(error)}`));
  }
}

/** Milliseconds since anything came. */
const silenceOf = (held: Held): number => {
  const now = performance.now();
  if (held.line.bytesRead !== held.read) held.at = now;
  held.read = held.line.bytesRead;
  return now - held.at;
};
