import type { CertificateEvent, IssuerId } from '@cartulary/domain';
import type { Position } from '@cartulary/ledger';
import type { OcspStatus } from '@cartulary/x509';

export interface KnownStatus {
  readonly status: Exclude<OcspStatus, { type: 'unknown' }>;
  /** Position of the last hold, release or revocation, 0 before the first: two equal ones mean "nothing has happened". */
  readonly revision: Position;
}

interface Changed extends KnownStatus {
  /** Milliseconds. */
  readonly notAfter: number;
}

interface IssuerStatuses {
  /** Those that nothing has happened to: serial → notAfter in milliseconds. */
  readonly untouched: Map<string, number>;
  readonly changed: Map<string, Changed>;
}

const good = { status: { type: 'good' }, revision: 0 } as const satisfies KnownStatus;

/**
 * The status of every certificate, by issuer and serial. A certificate leaves `retention` milliseconds after its
 * notAfter: by then no relying party accepts it, and no answer that a cache may hold is still valid.
 */
export class StatusIndex {
  readonly #issuers = new Map<IssuerId, IssuerStatuses>();
  #visit: Iterator<void> | undefined;

  constructor(private readonly retention: number) {}

  /** Undefined: no such certificate, as far as the events have been folded. */
  find(issuerId: IssuerId, serial: string): KnownStatus | undefined {
    const statuses = this.#issuers.get(issuerId);
    return statuses?.changed.get(serial) ?? (statuses?.untouched.has(serial) ? good : undefined);
  }

  get size(): number {
    return [...this.#issuers.values()].reduce((sum, { untouched, changed }) => sum + untouched.size + changed.size, 0);
  }

  /** Also for the issuers' own certificates, which no CertificateIssued announces. */
  issued(issuerId: IssuerId, serial: string, notAfter: Date, now: Date): void {
    const statuses = this.#of(issuerId);
    // From a compacted topic a revocation can come first; it stays.
    if (statuses.changed.has(serial) || this.#hasLeft(notAfter.getTime(), now)) return;
    statuses.untouched.set(serial, notAfter.getTime());
  }

  apply(event: CertificateEvent, position: Position, now: Date): void {
    if (event.type === 'CertificateRenewed') return;
    const { issuerId, serial } = event.data;
    const notAfter = new Date(event.data.notAfter);
    if (event.type === 'CertificateIssued') return this.issued(issuerId, serial, notAfter, now);
    if (this.#hasLeft(notAfter.getTime(), now)) return;
    const statuses = this.#of(issuerId);
    const before = statuses.changed.get(serial)?.status;
    // Revoked is final, whatever a ledger that somebody has tampered with says next.
    const final = before?.type === 'revoked' && before.reason !== 'certificateHold';
    if (final && event.type !== 'CertificateRevoked') return;
    statuses.changed.set(serial, { status: statusAfter(event), revision: position, notAfter: notAfter.getTime() });
    statuses.untouched.delete(serial);
  }

  /** Looks at the next `budget` certificates, so that a million of them never hold up an answer. */
  prune(now: Date, budget = 2_000): void {
    this.#visit ??= this.#visitAll(now.getTime() - this.retention);
    for (let visited = 0; visited < budget; visited++) {
      if (this.#visit.next().done !== true) continue;
      this.#visit = undefined;
      return;
    }
  }

  *#visitAll(limit: number): Generator<void> {
    for (const { untouched, changed } of this.#issuers.values()) {
      for (const [serial, notAfter] of untouched) {
        if (notAfter < limit) untouched.delete(serial);
        yield;
      }
      for (const [serial, { notAfter }] of changed) {
        if (notAfter < limit) changed.delete(serial);
        yield;
      }
    }
  }

  #of(issuerId: IssuerId): IssuerStatuses {
    const known = this.#issuers.get(issuerId);
    if (known) return known;
    const statuses: IssuerStatuses = { untouched: new Map(), changed: new Map() };
    this.#issuers.set(issuerId, statuses);
    return statuses;
  }

  #hasLeft(notAfter: number, now: Date): boolean {
    return notAfter < now.getTime() - this.retention;
  }
}

type StatusEvent = Exclude<CertificateEvent, { type: 'CertificateIssued' | 'CertificateRenewed' }>;

const statusAfter = (event: StatusEvent): KnownStatus['status'] => {
  switch (event.type) {
    case 'CertificateReleased':
      return { type: 'good' };
    case 'CertificateHeld':
      return { type: 'revoked', revokedAt: new Date(event.data.heldAt), reason: 'certificateHold' };
    case 'CertificateRevoked': {
      const { reason, revokedAt } = event.data;
      // RFC 5280, section 5.3.1: an unspecified reason is left out.
      return { type: 'revoked', revokedAt: new Date(revokedAt), ...(reason === 'unspecified' ? {} : { reason }) };
    }
  }
};
