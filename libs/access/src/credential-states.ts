import { Injectable } from '@nestjs/common';
import type { Ancestry } from '@cartulary/domain';
import { Ledger, type RecordedEvent } from '@cartulary/ledger';
import { Lineage } from './incidents/lineage.js';

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
  readonly #lineage: Lineage;

  constructor(private readonly ledger: Ledger) {
    this.#lineage = new Lineage(ledger);
  }

  /** Where `certificate:<serial>` or `token:<id>` comes from. */
  ancestryOf(credential: string): Promise<Ancestry> {
    return this.#lineage.of(credential);
  }

  /** States in the order of the queries. */
  async of<const Queries extends readonly Query[]>(queries: Queries): Promise<StatesOf<Queries>> {
    const heads = await this.ledger.heads(queries.map(({ stream }) => stream));
    const current = queries.map(({ stream, read }) => this.#current(stream, heads.get(stream) ?? 0, read));
    const moved = queries.filter((_, index) => !current[index]).map(({ stream }) => stream);
    const histories = moved.length > 0 ? await this.ledger.readStreams(moved) : undefined;
    // Answered from what this request has read: meanwhile another one may have put older states in the map.
    return queries.map(({ stream, read }, index) => {
      const { version = 0, events = [] } = histories?.get(stream) ?? {};
      return (current[index] ?? this.#keep(stream, { version, state: read(events) })).state;
    }) as unknown as StatesOf<Queries>;
  }

  /** Undefined when the stream has to be read. */
  #current(stream: string, version: number, read: Query['read']): Folded | undefined {
    // Nothing is kept of what does not exist: made-up names must not push out those that do.
    if (version === 0) return { version, state: read([]) };
    const folded = this.#folded.get(stream);
    return folded?.version === version ? folded : undefined;
  }

  #keep(stream: string, folded: Folded): Folded {
    if (folded.version < (this.#folded.get(stream)?.version ?? 0)) return folded;
    this.#folded.delete(stream);
    this.#folded.set(stream, folded);
    const oldest = this.#folded.keys().next();
    if (this.#folded.size > CAPACITY && !oldest.done) this.#folded.delete(oldest.value);
    return folded;
  }
}

export interface Query {
  readonly stream: string;
  /** Folds the stream's events. */
  readonly read: (events: readonly RecordedEvent[]) => unknown;
}
type StatesOf<Queries extends readonly Query[]> = { [Index in keyof Queries]: ReturnType<Queries[Index]['read']> };
