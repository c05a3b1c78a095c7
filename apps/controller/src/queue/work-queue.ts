import { type Backoff, backoff } from '@cartulary/runtime';

/** 0 goes before 1. */
export type Priority = 0 | 1;

export interface WorkQueueOptions {
  /** Does the work of one key; what it throws is tried again, later each time. */
  readonly work: (key: string, signal: AbortSignal) => Promise<void>;
  /** Keys at once. */
  readonly parallel: number;
  readonly onError: (key: string, error: unknown, retryMs: number) => void;
  readonly minMs?: number;
  readonly maxMs?: number;
}

/**
 * Keys whose state has to be looked at. A key is worked at by one at a time, and once more afterwards where it was added
 * meanwhile; adding it twice is adding it once.
 */
export class WorkQueue {
  readonly #waiting: readonly [Set<string>, Set<string>] = [new Set(), new Set()];
  readonly #running = new Map<string, Promise<void>>();
  /** Added while at work, with the priority. */
  readonly #again = new Map<string, Priority>();
  readonly #failures = new Map<string, Backoff>();
  readonly #timers = new Map<string, { readonly timer: NodeJS.Timeout; readonly at: number }>();
  readonly #abort = new AbortController();
  #idle: (() => void)[] = [];

  constructor(private readonly options: WorkQueueOptions) {}

  /** Keys that wait or are worked at; not those of `addAfter`. */
  get depth(): number {
    return this.#waiting[0].size + this.#waiting[1].size + this.#running.size;
  }

  add(key: string, priority: Priority): void {
    if (this.#abort.signal.aborted) return;
    if (this.#running.has(key)) {
      this.#again.set(key, Math.min(priority, this.#again.get(key) ?? 1) as Priority);
      return;
    }
    if (priority === 0) this.#waiting[1].delete(key);
    else if (this.#waiting[0].has(key)) return;
    this.#waiting[priority].add(key);
    this.#next();
  }

  /** Adds it after so many milliseconds, unless it is added earlier by another such call. */
  addAfter(key: string, priority: Priority, ms: number): void {
    const at = performance.now() + ms;
    const known = this.#timers.get(key);
    if (this.#abort.signal.aborted || (known && known.at <= at)) return;
    clearTimeout(known?.timer);
    // A timer of more than 2^31 - 1 ms would fire at once.
    const timer = setTimeout(() => this.#due(key, priority, at), Math.min(ms, 2 ** 31 - 1));
    this.#timers.set(key, { timer, at });
  }

  /** Nothing waits and nothing is worked at. */
  idle(): Promise<void> {
    return this.depth === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Takes up nothing more; resolves when the work under way has ended. */
  async stop(): Promise<void> {
    this.#abort.abort();
    for (const { timer } of this.#timers.values()) clearTimeout(timer);
    for (const waiting of this.#waiting) waiting.clear();
    await Promise.all(this.#running.values());
  }

  #due(key: string, priority: Priority, at: number): void {
    this.#timers.delete(key);
    const left = at - performance.now();
    if (left > 1) this.addAfter(key, priority, left);
    else this.add(key, priority);
  }

  #next(): void {
    while (this.#running.size < this.options.parallel) {
      const waiting = this.#waiting.find((set) => set.size > 0);
      const key = waiting?.values().next().value;
      if (!waiting || key === undefined) break;
      waiting.delete(key);
      this.#running.set(key, this.#run(key));
    }
    if (this.depth > 0) return;
    for (const resolve of this.#idle) resolve();
    this.#idle = [];
  }

  async #run(key: string): Promise<void> {
    // Not in the caller's turn: who adds a key has to get on.
    await Promise.resolve();
    const { signal } = this.#abort;
    try {
      if (!signal.aborted) await this.options.work(key, signal);
      this.#failures.delete(key);
    } catch (error) {
      if (!signal.aborted) this.#failed(key, error);
    }
    this.#running.delete(key);
    const again = this.#again.get(key);
    this.#again.delete(key);
    if (again !== undefined) this.add(key, again);
    this.#next();
  }

  #failed(key: string, error: unknown): void {
    const { minMs = 500, maxMs = 300_000, onError } = this.options;
    const pause = this.#failures.get(key) ?? backoff({ minMs, maxMs });
    this.#failures.set(key, pause);
    const ms = pause.next();
    onError(key, error, ms);
    this.addAfter(key, 1, ms);
  }
}
