import { type FollowBatch, type RecordedEvent } from '@cartulary/ledger';
import { type IHeaders } from 'kafkajs';

/** What a heartbeat says, and where it stood. */
export interface Mark {
  readonly position: number;
  /** Milliseconds. */
  readonly at: number;
  readonly head: number;
}

export interface PartitionBounds {
  readonly partition: string;
  /** The first offset that is still there, and the one after the last, when the reader started. */
  readonly low: bigint;
  readonly end: bigint;
  /** Where the reader starts, if not at `low`. */
  readonly start?: bigint;
}

/** An event, and where it was read. */
export interface Held {
  readonly partition: string;
  readonly offset: bigint;
  readonly event: RecordedEvent;
  /** The record's. */
  readonly headers: IHeaders;
}

interface Part extends PartitionBounds {
  /** Read and not yet given out, by position; `from` is the first that counts. */
  queue: Held[];
  from: number;
  /** Given out and not yet kept. */
  out: Held[];
  /** The offset after the last one read. */
  next: bigint | undefined;
  /** Everything of this partition up to here has been read. */
  watermark: number;
  seen: number;
  at: number;
  marksSinceStart: number;
}

/**
 * Makes the ledger's order out of partitions. Kafka keeps order within a partition only; but an event's fold may need
 * everything before it (a CRL holds every revocation before its CrlPrepared). Each partition says how far it has been
 * read: its heartbeats say "everything up to this position is before me", and an event says so of its own partition,
 * since the relay sends by position. What is at or below the lowest of these watermarks is complete and can be given
 * out in order. The relay writes a heartbeat to every partition with each batch, so that a quiet partition holds
 * nobody up. What the relay sends a second time is below a partition's highest position, and is passed over.
 */
export class PositionMerge {
  private readonly parts: Map<string, Part>;
  private given: number;
  private givenAt = -1;
  private head = 0;
  /** Partitions from which events have been deleted that this reader had not read. */
  readonly truncated = new Set<string>();

  constructor(bounds: readonly PartitionBounds[], after: number) {
    this.given = after;
    const empty = { from: 0, next: undefined, watermark: -1, seen: 0, at: 0, marksSinceStart: 0 };
    this.parts = new Map(bounds.map((bound) => [bound.partition, { ...bound, ...empty, queue: [], out: [] }]));
  }

  pushEvent({ partition, offset, event, headers }: Held): void {
    const part = this.arrived(partition, offset, event.position);
    if (!part || event.position <= part.seen) return;
    part.seen = event.position;
    part.watermark = Math.max(part.watermark, event.position);
    if (event.position > this.given) part.queue.push({ partition, offset, event, headers });
  }

  pushMark(partition: string, offset: bigint, { position, at, head }: Mark): void {
    const part = this.arrived(partition, offset, position);
    if (!part) return;
    part.watermark = Math.max(part.watermark, position);
    part.at = Math.max(part.at, at);
    this.head = Math.max(this.head, head);
    if (offset >= part.end && position >= head) part.marksSinceStart++;
  }

  /** A record that is neither; it only takes up an offset. */
  pass(partition: string, offset: bigint): void {
    const part = this.parts.get(partition);
    if (part) part.next = offset + 1n;
  }

  private arrived(partition: string, offset: bigint, position: number): Part | undefined {
    const part = this.parts.get(partition);
    if (!part) return undefined;
    const fromLow = part.next === undefined && (part.start ?? 0n) <= part.low;
    if (fromLow && part.low > 0n && position > this.given) this.truncated.add(partition);
    part.next = offset + 1n;
    return part;
  }

  /** The next events in the order of positions, or how fresh the last ones are; undefined when there is no news. */
  take(limit: number): FollowBatch | undefined {
    const watermark = this.lowest('watermark');
    const events: RecordedEvent[] = [];
    while (events.length < limit) {
      const part = this.nextPart(watermark);
      if (!part) break;
      const held = part.queue[part.from]!;
      part.from++;
      part.out.push(held);
      events.push(held.event);
      if (part.from >= 1_024 || part.from === part.queue.length) {
        part.queue = part.queue.slice(part.from);
        part.from = 0;
      }
    }
    const drained = events.length < limit;
    const position = drained ? Math.max(this.given, watermark) : events.at(-1)!.position;
    const at = this.lowest('at');
    if (events.length === 0 && position === this.given && at === this.givenAt) return undefined;
    this.given = position;
    if (drained) this.givenAt = at;
    const caughtUp = drained && this.lowest('marksSinceStart') >= 2;
    return { events, asOf: new Date(at), caughtUp, position, head: Math.max(this.head, position) };
  }

  private lowest(what: 'watermark' | 'at' | 'marksSinceStart'): number {
    let lowest = Infinity;
    for (const part of this.parts.values()) lowest = Math.min(lowest, part[what]);
    return lowest;
  }

  private nextPart(watermark: number): Part | undefined {
    let first: Part | undefined;
    let position = watermark;
    for (const part of this.parts.values()) {
      const held = part.queue[part.from];
      if (held && held.event.position <= position) {
        first = part;
        position = held.event.position;
      }
    }
    return first;
  }

  /** Everything given out up to `position` is done. */
  keep(position: number): void {
    for (const part of this.parts.values()) {
      if (part.out.length > 0) part.out = part.out.filter(({ event }) => event.position > position);
    }
  }

  /** One that was given out and is not done. */
  find(position: number): Held | undefined {
    for (const { out } of this.parts.values()) {
      const held = out.find(({ event }) => event.position === position);
      if (held) return held;
    }
    return undefined;
  }

  /** By partition, the offset of the first record that is not done. */
  offsets(): Map<string, bigint> {
    const offsets = new Map<string, bigint>();
    for (const { partition, out, queue, from, next } of this.parts.values()) {
      const offset = out[0]?.offset ?? queue[from]?.offset ?? next;
      if (offset !== undefined) offsets.set(partition, offset);
    }
    return offsets;
  }

  /** By partition, where reading starts, and goes on after the connection was lost. */
  nextOffsets(): Map<string, bigint> {
    const offsets = new Map<string, bigint>();
    for (const { partition, next, start } of this.parts.values()) {
      const offset = next ?? start;
      if (offset !== undefined) offsets.set(partition, offset);
    }
    return offsets;
  }

  /** Events of a partition that wait to be given out. */
  waiting(partition: string): number {
    const part = this.parts.get(partition);
    return part ? part.queue.length - part.from : 0;
  }
}
