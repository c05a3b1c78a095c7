import { Injectable } from '@nestjs/common';
import { Ledger, type RecordedEvent } from '@cartulary/ledger';

interface Folded {
  readonly version: number;
  readonly state: unknown;
}

const CAPACITY = 10_000;

/**
 * States of the streams that a credential rests on, as of this request: the versions are asked of the ledger every
 * time, and only a stream that has moved on is read again.
 */
@Injectable()
export class CredentialStates {
  readonly #folded = new Map<string, Folded>();

  constructor(private readonly ledger: Ledger) {}

  /** States in the order of the queries. */
  async of<const Queries extends readonly Query[]>(queries: Queries): Promise<StatesOf<Queries>> {
    const streams = queries.map(({ stream }) => stream);
    const heads = await this.ledger.heads(streams);
    const moved = streams.filter((stream) => this.#folded.get(stream)?.version !== (heads.get(stream) ?? 0));
    if (moved.length > 0) {
      const histories = await this.ledger.readStreams(moved);
      for (const { stream, read } of queries) {
        const history = histories.get(stream);
        if (history) this.#keep(stream, { version: history.version, state: read(history.events) });
      }
    }
    return queries.map(({ stream, read }) => this.#folded.get(stream)?.state ?? read([])) as StatesOf<Queries>;
  }

  #keep(stream: string, folded: Folded): void {
    this.#folded.delete(stream);
    this.#folded.set(stream, folded);
    const oldest = this.#folded.keys().next();
    if (this.#folded.size > CAPACITY && !oldest.done) this.#folded.delete(oldest.value);
  }
}

interface Query {
  readonly stream: string;
  /** Folds the stream's events. */
  readonly read: (events: readonly RecordedEvent[]) => unknown;
}
type StatesOf<Queries extends readonly Query[]> = { [Index in keyof Queries]: ReturnType<Queries[Index]['read']> };
