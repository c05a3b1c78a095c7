import { type Ledger } from './ledger.js';
import { type RecordedEvent, type StreamName } from './types.js';

/** A stream and how its state comes from its events. */
export interface StreamFold<State = unknown> {
  readonly stream: StreamName;
  readonly fold: (events: readonly RecordedEvent[]) => State;
  /** Most likely it does not exist: its name is of something that was made just now. */
  readonly isNew?: boolean;
}

export interface FoldedStream<State = unknown> {
  readonly stream: StreamName;
  /** 0: the stream does not exist. */
  readonly version: number;
  readonly state: State;
}

type FoldedOf<Folds extends readonly StreamFold[]> = {
  [Index in keyof Folds]: FoldedStream<ReturnType<Folds[Index]['fold']>>;
};

const CAPACITY = 10_000;

/**
 * States of streams as of each request: the versions are asked of the ledger every time, and only a stream that has
 * moved on is read again. A stream is always folded in the same way.
 */
export class FoldedStreams {
  readonly #folded = new Map<StreamName, FoldedStream>();

  constructor(
    private readonly ledger: Ledger,
    private readonly capacity = CAPACITY,
  ) {}

  /** In the order of the folds. @throws LedgerUnavailableError */
  async read<const Folds extends readonly StreamFold[]>(folds: Folds): Promise<FoldedOf<Folds>> {
    const heads = await this.ledger.heads(folds.map(({ stream }) => stream));
    const current = folds.map((asked) => this.#current(asked, heads.get(asked.stream) ?? 0));
    const moved = folds.filter((_, index) => !current[index]).map(({ stream }) => stream);
    const histories = moved.length > 0 ? await this.ledger.readStreams(moved) : undefined;
    // Answered from what this request has read: meanwhile another one may have put older states in the map.
    return folds.map(({ stream, fold }, index) => {
      const { version = 0, events = [] } = histories?.get(stream) ?? {};
      return current[index] ?? this.#keep({ stream, version, state: fold(events) });
    }) as unknown as FoldedOf<Folds>;
  }

  /**
   * As of some earlier moment, without asking; undefined where one of them is not remembered. For a decision whose append
   * names the versions: what has moved on meanwhile is refused there. Who is refused by it has to be asked about anew.
   */
  recall(folds: readonly StreamFold[]): FoldedStream[] | undefined {
    const states = folds.map(
      ({ stream, fold, isNew }) =>
        this.#folded.get(stream) ?? (isNew ? { stream, version: 0, state: fold([]) } : undefined),
    );
    return states.includes(undefined) ? undefined : (states as FoldedStream[]);
  }

  /** Undefined when the stream has to be read. */
  #current({ stream, fold }: StreamFold, version: number): FoldedStream | undefined {
    // Nothing is kept of what does not exist: made-up names must not push out those that do.
    if (version === 0) return { stream, version, state: fold([]) };
    const folded = this.#folded.get(stream);
    return folded?.version === version ? folded : undefined;
  }

  #keep(folded: FoldedStream): FoldedStream {
    const { stream, version } = folded;
    if (version < (this.#folded.get(stream)?.version ?? 0)) return folded;
    this.#folded.delete(stream);
    this.#folded.set(stream, folded);
    const oldest = this.#folded.keys().next();
    if (this.#folded.size > this.capacity && !oldest.done) this.#folded.delete(oldest.value);
    return folded;
  }
}
