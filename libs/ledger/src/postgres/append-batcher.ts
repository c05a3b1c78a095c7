import { LedgerOverloadedError, LedgerUnavailableError } from '../errors.js';
import { type PreparedAppend } from '../prepare-append.js';
import { type Outcome } from './append-sender.js';
import { Claims } from './claims.js';

export interface BatchSender {
  /** Never rejects; one outcome for each command. */
  send(batch: readonly PreparedAppend[]): Promise<readonly Outcome[]>;
}

export interface BatcherLimits {
  readonly maxBatchCommands: number;
  readonly maxBatchBytes: number;
  readonly maxQueue: number;
  /** Milliseconds that a command may wait to be sent. */
  readonly queueTimeout: number;
  /**
   * Milliseconds that the first one waits for others, where others were with the last: a commit of several costs hardly more
   * than of one, and at half of what a service can do each would go by itself. 0: never.
   */
  readonly gathering: number;
}

interface Waiting {
  readonly command: PreparedAppend;
  readonly since: number;
  readonly settle: (outcome: Outcome) => void;
}

// How far to look past commands that must wait for a later batch.
const LOOK_AHEAD = 4;

/**
 * Group commit: while the senders are busy commands gather, and what has gathered goes out as one batch. Two
 * commands that touch the same stream, or use the same idempotency key, never travel at the same time, and keep
 * their order.
 */
export class AppendBatcher {
  private queue: Waiting[] = [];
  private readonly idle: BatchSender[];
  private readonly travelling = new Set<Claims>();
  private readonly flights = new Set<Promise<void>>();
  private closed = false;
  private timer: NodeJS.Timeout | undefined;
  /** Commands of the last batch. */
  private crowd = 0;
  private sweeper: NodeJS.Timeout | undefined;

  constructor(
    senders: readonly BatchSender[],
    private readonly limits: BatcherLimits,
  ) {
    this.idle = [...senders];
  }

  submit(command: PreparedAppend): Promise<Outcome> {
    if (this.closed) throw new LedgerUnavailableError('it is closed');
    if (this.queue.length >= this.limits.maxQueue) throw new LedgerOverloadedError(this.queue.length);
    return new Promise((settle) => {
      this.queue.push({ command, since: performance.now(), settle });
      const isAlone = this.travelling.size === 0 && this.crowd <= 1;
      if (isAlone || this.limits.gathering === 0 || this.queue.length >= this.limits.maxBatchCommands) this.pump();
      else this.gather();
    });
  }

  private gather(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.pump();
    }, this.limits.gathering);
  }

  private pump(): void {
    while (this.idle.length > 0 && this.queue.length > 0) {
      const claims = new Claims();
      const batch = this.take(claims);
      if (batch.length === 0) return;
      this.crowd = batch.length;
      const sender = this.idle.pop()!;
      const flight = this.fly(sender, batch, claims).finally(() => this.flights.delete(flight));
      this.flights.add(flight);
    }
    this.sweep();
  }

  private take(claims: Claims): Waiting[] {
    const { maxBatchCommands, maxBatchBytes } = this.limits;
    const batch: Waiting[] = [];
    const left: Waiting[] = [];
    const passedOver = new Claims();
    const end = Math.min(this.queue.length, maxBatchCommands * LOOK_AHEAD);
    let bytes = 0;
    let next = 0;
    for (; next < end && batch.length < maxBatchCommands; next++) {
      const waiting = this.queue[next]!;
      if (batch.length > 0 && bytes + waiting.command.bytes > maxBatchBytes) break;
      const blocked = this.meets(waiting.command, claims) || passedOver.meets(waiting.command);
      (blocked ? passedOver : claims).add(waiting.command);
      (blocked ? left : batch).push(waiting);
      if (!blocked) bytes += waiting.command.bytes;
    }
    this.queue = left.concat(this.queue.slice(next));
    return batch;
  }

  private meets(command: PreparedAppend, claims: Claims): boolean {
    if (claims.meets(command)) return true;
    for (const other of this.travelling) if (other.meets(command)) return true;
    return false;
  }

  private async fly(sender: BatchSender, batch: readonly Waiting[], claims: Claims): Promise<void> {
    this.travelling.add(claims);
    const outcomes = await sender.send(batch.map(({ command }) => command));
    this.travelling.delete(claims);
    this.idle.push(sender);
    this.pump();
    batch.forEach(({ settle }, index) => settle(outcomes[index]!));
  }

  // A Postgres that hangs must not make callers hang: what was never sent is refused in time.
  private sweep(): void {
    if (this.sweeper || this.queue.length === 0) return;
    this.sweeper = setTimeout(() => {
      this.sweeper = undefined;
      const limit = performance.now() - this.limits.queueTimeout;
      this.refuse(({ since }) => since <= limit, 'too long in the queue');
      this.sweep();
    }, this.limits.queueTimeout / 4);
  }

  private refuse(which: (waiting: Waiting) => boolean, reason: string): void {
    const refused = this.queue.filter(which);
    this.queue = this.queue.filter((waiting) => !which(waiting));
    for (const { settle } of refused) settle({ outcome: 'failed', error: new LedgerUnavailableError(reason) });
  }

  /** Refuses what waits and sees what travels to its end. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.sweeper);
    clearTimeout(this.timer);
    this.refuse(() => true, 'it is closed');
    await Promise.all(this.flights);
  }
}
