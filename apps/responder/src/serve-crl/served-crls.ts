import type { IssuerId } from '@cartulary/domain';
import type { RecordedEvent } from '@cartulary/ledger';
import { type DumpedList, type PublishedCrl, RevocationLists, revocationListEventTypes } from '@cartulary/service';
import type { Octets } from '@cartulary/x509';

export interface ServedCrl {
  readonly number: number;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  /** Lower-case hex. */
  readonly sha256: string;
  /** DER. */
  readonly octets: Octets;
}

interface Named {
  readonly issuerId: IssuerId;
}

export interface CrlsDump {
  readonly lists: readonly DumpedList[];
  readonly served: readonly (ServedCrl & Named)[];
  readonly deltas: readonly (ServedCrl & Named)[];
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
   * the newest. A large one is hashed in many turns and served after. Where they are not the published ones, what was
   * served before stays, and `onError` hears of it.
   */
  materialise(onError: (error: unknown) => void): void {
    for (const issuerId of this.#lists.issuers()) {
      const [published, delta] = [this.#lists.published(issuerId), this.#lists.publishedDelta(issuerId)];
      // An old delta beside a CRL that names none would be taken for news by whoever has an older CRL.
      if (published && published.freshestCrl === undefined) this.#deltas.clear(issuerId);
      this.#complete.put(published, onError);
      this.#deltas.put(delta, onError);
    }
  }

  /** Resolves when all that was to be made has been made. */
  async settled(): Promise<void> {
    while (this.#complete.busy.size + this.#deltas.busy.size > 0) {
      await Promise.all([...this.#complete.busy, ...this.#deltas.busy]);
    }
  }
}

/** Up to this many octets are hashed in the turn in which they are published. */
const AT_ONCE = 2 ** 20;

/** CRLs of one kind. */
class Shelf {
  readonly served = new Map<IssuerId, ServedCrl>();
  /** What is being made. */
  readonly busy = new Set<Promise<void>>();
  /** The newest that was begun. */
  readonly #begun = new Map<IssuerId, number>();

  /** Makes the bytes, once; says what was wrong with them. */
  put(published: PublishedCrl | undefined, onError: (error: unknown) => void): void {
    if (!published) return;
    const { issuerId, number } = published;
    if (this.served.get(issuerId)?.number === number || this.#begun.get(issuerId) === number) return;
    this.#begun.set(issuerId, number);
    if (published.size() > AT_ONCE) return this.#later(published, onError);
    try {
      this.#serve(published, published.octets());
    } catch (error) {
      onError(error);
    }
  }

  clear(issuerId: IssuerId): void {
    this.served.delete(issuerId);
    this.#begun.delete(issuerId);
  }

  dump(): readonly (ServedCrl & Named)[] {
    return [...this.served].map(([issuerId, crl]) => ({ issuerId, ...crl }));
  }

  restore(crls: readonly (ServedCrl & Named)[]): void {
    for (const { issuerId, ...crl } of crls) this.served.set(issuerId, crl);
  }

  #later(published: PublishedCrl, onError: (error: unknown) => void): void {
    const making = published
      .octetsInTurns()
      .then((octets) => {
        const { issuerId, number } = published;
        // One that was published after it may have been made sooner; or none is wanted any more.
        const isNews = number > (this.served.get(issuerId)?.number ?? 0);
        if (isNews && this.#begun.has(issuerId)) this.#serve(published, octets);
      }, onError)
      .finally(() => this.busy.delete(making));
    this.busy.add(making);
  }

  #serve({ issuerId, number, thisUpdate, nextUpdate, sha256 }: PublishedCrl, octets: Octets): void {
    this.served.set(issuerId, { number, thisUpdate, nextUpdate, sha256, octets });
  }
}
