import { LedgerUnavailableError } from '../errors.js';

interface Asker<Value> {
  readonly names: readonly string[];
  readonly answer: (values: ReadonlyMap<string, Value>) => void;
  readonly fail: (error: unknown) => void;
}

/** Queries under way at once; while they are, askers gather. */
const FLIGHTS = 2;
/** Names in one query, unless a single asker has more. */
const NAMES = 1_000;

/**
 * One query for all who ask at the same time, as the appends have it. An asker joins only a query that has not been
 * sent, so no answer is older than its question; all names of one asker are in one query, and so in one snapshot.
 */
export class GatheredReads<Value> {
  private askers: Asker<Value>[] = [];
  private flights = 0;
  private scheduled = false;
  /** Askers of the last query. */
  private crowd = 0;

  /** `gathering`: milliseconds that the first asker waits for others, where there were others just now. */
  constructor(
    private readonly read: (names: readonly string[]) => Promise<ReadonlyMap<string, Value>>,
    private readonly gathering = 0,
  ) {}

  /** The values of those names that have one. Others' names may be among them. */
  of(names: readonly string[]): Promise<ReadonlyMap<string, Value>> {
    return new Promise((answer, fail) => {
      this.askers.push({ names, answer, fail });
      this.schedule();
    });
  }

  // At the soonest after what this turn of the event loop still has to hand out: requests that arrive together ask together.
  private schedule(): void {
    if (this.scheduled || this.flights >= FLIGHTS) return;
    this.scheduled = true;
    const go = (): void => {
      this.scheduled = false;
      const askers = this.take();
      this.crowd = askers.length;
      if (askers.length > 0) void this.fly(askers);
      if (this.askers.length > 0) this.schedule();
    };
    if (this.gathering > 0 && (this.crowd > 1 || this.flights > 0)) setTimeout(go, this.gathering);
    else setImmediate(go);
  }

  private take(): Asker<Value>[] {
    let names = 0;
    let count = 0;
    for (const asker of this.askers) {
      names += asker.names.length;
      if (count > 0 && names > NAMES) break;
      count++;
    }
    return this.askers.splice(0, count);
  }

  private async fly(askers: readonly Asker<Value>[]): Promise<void> {
    this.flights++;
    try {
      const values = await this.read([...new Set(askers.flatMap(({ names }) => names))]);
      for (const { answer } of askers) answer(values);
    } catch (error) {
      // What Postgres can't take of one asker is not the others' fault.
      const shared = askers.length === 1 || error instanceof LedgerUnavailableError;
      for (const { names, answer, fail } of askers) {
        if (shared) fail(error);
        else this.read(names).then(answer, fail);
      }
    } finally {
      this.flights--;
      if (this.askers.length > 0) this.schedule();
    }
  }
}
