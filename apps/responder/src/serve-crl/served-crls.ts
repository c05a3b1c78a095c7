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
  readonly deltas: readonly (ServedCrl & { readonly issuerId: IssuerId })[];
}

const types: ReadonlySet<string> = new Set(revocationListEventTypes);

/** The newest CRL of every issuer, and its delta, whose bytes are those that were published. */
export class ServedCrls {
  readonly #lists = new RevocationLists();
  readonly #complete = new Shelf();
  readonly #deltas = new Shelf();

  apply(event: Pick<RecordedEvent, 'type' | 'data' | 'position' | 'version'>): void {
    if (types.has(event.type)) this.#lists.apply(event);
  }

  /** One that its event carries, of an issuer whose key is elsewhere. */
  carry(issuerId: IssuerId, crl: ServedCrl): void {
    if (crl.number >= (this.find(issuerId)?.number ?? 0)) this.#complete.served.set(issuerId, crl);
  }

  /** Undefined: none yet. It may be past its nextUpdate. */
  find(issuerId: IssuerId): ServedCrl | undefined {
    return this.#complete.served.get(issuerId);
  }

  /** Undefined: the issuer has none. */
  findDelta(issuerId: IssuerId): ServedCrl | undefined {
    return this.#deltas.served.get(issuerId);
  }

  /** To be asked for when everything published has been made. */
  dump(): CrlsDump {
    // Of one that is served, the preparation is of no more use.
    const lists = this.#lists.dump().map(({ prepared, ...list }) => {
      const done =
        prepared?.number === this.find(list.issuerId)?.number &&
        (!prepared?.delta || prepared.number === this.findDelta(list.issuerId)?.number);
      return { ...list, ...(prepared && !done ? { prepared } : {}) };
    });
    return {
      lists,
      served: this.#complete.dump(),
      deltas: this.#deltas.dump(),
    };
  }

  /** As they were after the event at `position`; the issuers' own events have been applied already. */
  restore({ lists, served, deltas }: CrlsDump, position: number): void {
    this.#lists.restore(lists, position);
    this.#complete.restore(served);
    this.#deltas.restore(deltas);
  }

  /**
   * Makes the bytes of what was published since the last time, so that no request waits for them; of several, only of
   * the newest. Where they are not the published ones, what was served before stays; the errors are returned.
   */
  materialise(): readonly unknown[] {
    return this.#lists.issuers().flatMap((issuerId) => {
      const [published, delta] = [this.#lists.published(issuerId), this.#lists.publishedDelta(issuerId)];
      // An old delta beside a CRL that names none would be taken for news by whoever has an older CRL.
      if (published && published.freshestCrl === undefined) this.#deltas.served.delete(issuerId);
      return [...this.#complete.put(published), ...this.#deltas.put(delta)];
    });
  }
}

/** CRLs of one kind. */
class Shelf {
  readonly served = new Map<IssuerId, ServedCrl>();
  readonly #refused = new Map<IssuerId, number>();

  /** Makes the bytes, once; what was wrong with them. */
  put(published: PublishedCrl | undefined): readonly unknown[] {
    if (!published || this.#isDone(published)) return [];
    const { issuerId, number, thisUpdate, nextUpdate, sha256 } = published;
    try {
      this.served.set(issuerId, { number, thisUpdate, nextUpdate, sha256, bytes: published.bytes() });
      return [];
    } catch (error) {
      this.#refused.set(issuerId, number);
      return [error];
    }
  }

  dump(): readonly (ServedCrl & { readonly issuerId: IssuerId })[] {
    return [...this.served].map(([issuerId, crl]) => ({ issuerId, ...crl }));
  }

  restore(crls: readonly (ServedCrl & { readonly issuerId: IssuerId })[]): void {
    for (const { issuerId, ...crl } of crls) this.served.set(issuerId, crl);
  }

  #isDone({ issuerId, number }: PublishedCrl): boolean {
    return this.served.get(issuerId)?.number === number || this.#refused.get(issuerId) === number;
  }
}
