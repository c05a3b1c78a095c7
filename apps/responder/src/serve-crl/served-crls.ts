import type { IssuerId } from '@cartulary/domain';
import type { RecordedEvent } from '@cartulary/ledger';
import { type DumpedList, type PublishedCrl, RevocationLists, revocationListEventTypes } from '@cartulary/service';

export interface ServedCrl {
  readonly number: number;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  /** Lower-case hex. */
  readonly sha256: string;
  /** DER. */
  readonly bytes: Buffer;
}

export interface CrlsDump {
  readonly lists: readonly DumpedList[];
  readonly served: readonly (ServedCrl & { readonly issuerId: IssuerId })[];
}

const types: ReadonlySet<string> = new Set(revocationListEventTypes);

/** The newest CRL of every issuer whose bytes are those that were published. */
export class ServedCrls {
  readonly #lists = new RevocationLists();
  readonly #served = new Map<IssuerId, ServedCrl>();
  readonly #refused = new Map<IssuerId, number>();

  apply(event: Pick<RecordedEvent, 'type' | 'data' | 'position' | 'version'>): void {
    if (types.has(event.type)) this.#lists.apply(event);
  }

  /** Undefined: none yet. It may be past its nextUpdate. */
  find(issuerId: IssuerId): ServedCrl | undefined {
    return this.#served.get(issuerId);
  }

  /** To be asked for when everything published has been made. */
  dump(): CrlsDump {
    // Of one that is served, the preparation is of no more use.
    const lists = this.#lists.dump().map(({ prepared, ...list }) => {
      const done = prepared?.number === this.#served.get(list.issuerId)?.number;
      return { ...list, ...(prepared && !done ? { prepared } : {}) };
    });
    return {
      lists,
      served: [...this.#served].map(([issuerId, crl]) => ({ issuerId, ...crl })),
    };
  }

  /** As they were after the event at `position`; the issuers' own events have been applied already. */
  restore({ lists, served }: CrlsDump, position: number): void {
    this.#lists.restore(lists, position);
    for (const { issuerId, ...crl } of served) this.#served.set(issuerId, crl);
  }

  /**
   * Makes the bytes of what was published since the last time, so that no request waits for them; of several, only of
   * the newest. Where they are not the published ones, what was served before stays; the errors are returned.
   */
  materialise(): readonly unknown[] {
    const errors: unknown[] = [];
    for (const issuerId of this.#lists.issuers()) {
      const published = this.#lists.published(issuerId);
      if (!published || this.#isDone(published)) continue;
      try {
        const { number, thisUpdate, nextUpdate, sha256 } = published;
        this.#served.set(issuerId, { number, thisUpdate, nextUpdate, sha256, bytes: published.bytes() });
      } catch (error) {
        this.#refused.set(issuerId, published.number);
        errors.push(error);
      }
    }
    return errors;
  }

  #isDone({ issuerId, number }: PublishedCrl): boolean {
    return this.#served.get(issuerId)?.number === number || this.#refused.get(issuerId) === number;
  }
}
