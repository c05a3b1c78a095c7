import type { CrlPrepared, IssuerId, Serial } from '@cartulary/domain';
import type { RecordedEvent } from '@cartulary/ledger';

export interface ListedCanary {
  readonly serial: Serial;
  /** Of the first CRL that lists it. */
  readonly number: number;
  readonly preparedAt: number;
}

/** The newest may be of a CRL that was never signed. */
const REMEMBERED = 8;

/** Which canaries each issuer's CRLs list, folded from CrlPrepared. */
export class CanaryBook {
  readonly #issuers = new Map<IssuerId, readonly ListedCanary[]>();

  apply({ type, data, position }: Pick<RecordedEvent, 'type' | 'data' | 'position'>): void {
    if (type !== 'CrlPrepared') return;
    const { issuerId, canary, preparedAt } = data as unknown as CrlPrepared['data'];
    const known = this.#issuers.get(issuerId) ?? [];
    if (!canary || position <= (known[0]?.number ?? 0)) return;
    const listed = { serial: canary, number: position, preparedAt: Date.parse(preparedAt) };
    this.#issuers.set(issuerId, [listed, ...known].slice(0, REMEMBERED));
  }

  newest(issuerId: IssuerId): ListedCanary | undefined {
    return this.#issuers.get(issuerId)?.[0];
  }

  /** The newest that the CRL of this number lists. */
  listedIn(issuerId: IssuerId, number: number): ListedCanary | undefined {
    return this.#issuers.get(issuerId)?.find((canary) => canary.number <= number);
  }
}
