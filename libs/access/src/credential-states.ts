import { Injectable } from '@nestjs/common';
import type { Ancestry } from '@cartulary/domain';
import { FoldedStreams, Ledger, type RecordedEvent } from '@cartulary/ledger';
import { Lineage } from './incidents/lineage.js';

/**
 * States of the streams that a credential rests on, as of this request: the versions are asked of the ledger every
 * time, and only a stream that has moved on is read again.
 */
@Injectable()
export class CredentialStates {
  readonly #streams: FoldedStreams;
  readonly #lineage: Lineage;

  constructor(ledger: Ledger) {
    this.#streams = new FoldedStreams(ledger);
    this.#lineage = new Lineage(ledger);
  }

  /** Where `certificate:<serial>` or `token:<id>` comes from. */
  ancestryOf(credential: string): Promise<Ancestry> {
    return this.#lineage.of(credential);
  }

  /** States in the order of the queries. */
  async of<const Queries extends readonly Query[]>(queries: Queries): Promise<StatesOf<Queries>> {
    const read = await this.#streams.read(queries.map(({ stream, read: fold }) => ({ stream, fold })));
    return read.map(({ state }) => state) as unknown as StatesOf<Queries>;
  }
}

export interface Query {
  readonly stream: string;
  /** Folds the stream's events. */
  readonly read: (events: readonly RecordedEvent[]) => unknown;
}
type StatesOf<Queries extends readonly Query[]> = { [Index in keyof Queries]: ReturnType<Queries[Index]['read']> };
