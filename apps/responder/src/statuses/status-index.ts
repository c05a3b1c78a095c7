import type { CertificateStateRecord, RevokedRecord } from '@cartulary/contracts';
import type { CertificateEvent, IssuerId } from '@cartulary/domain';
import type { Position } from '@cartulary/ledger';
import type { OcspStatus } from '@cartulary/x509';
import { PAGE } from './certificate-page.js';
import { CertificateTable, MOST_ISSUERS } from './certificate-table.js';
import { readSerial } from './serial-words.js';
import { codeOf, GOOD, isFinal, NOTHING, type StatusCode, statusOf } from './status-code.js';
import type { DumpedPage, StatusDump } from './status-dump.js';

export interface KnownStatus {
  readonly status: Exclude<OcspStatus, { type: 'unknown' }>;
  /** Position of its last event: two equal ones mean "nothing has happened". */
  readonly revision: Position;
}

/** Another serial than ours, or of an issuer beyond those that the table has room for. */
interface Odd {
  readonly issuerId: IssuerId;
  readonly serial: string;
  readonly status: StatusCode;
  /** Seconds, both. */
  readonly since: number;
  readonly notAfter: number;
  readonly position: Position;
}

const seconds = (time: Date | string): number =>
  Math.floor((typeof time === 'string' ? Date.parse(time) : time.getTime()) / 1_000);
const oddKey = (issuerId: IssuerId, serial: string): string => `${issuerId} ${serial}`;

/**
 * The status of every certificate, by issuer and serial. Of two things said of one, the later counts, in whatever order
 * they come: as events, or from a state topic or a snapshot that may be ahead of them. A certificate leaves `retention`
 * milliseconds after its notAfter: by then no relying party accepts it, and no answer that a cache may hold is valid.
 */
export class StatusIndex {
  readonly #issuers: IssuerId[] = [];
  readonly #issuerIndex = new Map<IssuerId, number>();
  #table = new CertificateTable();
  /** Of those that are not good, in seconds. */
  readonly #since = new Map<number, number>();
  readonly #odd = new Map<string, Odd>();
  #visit: Iterator<void> | undefined;
  #changes = 0;
  /** Of the serial that is being looked for. */
  readonly #words = new Int32Array(4);

  constructor(private readonly retention: number) {}

  get size(): number {
    return this.#table.size + this.#odd.size;
  }

  /** Grows with everything that is learnt or forgotten: while it stays, `find` finds the same. */
  get changes(): number {
    return this.#changes;
  }

  /** Of flat memory. */
  get octets(): number {
    return this.#table.octets;
  }

  /** Undefined: no such certificate, as far as is known. */
  find(issuerId: IssuerId, serial: string): KnownStatus | undefined {
    const issuer = this.#issuerIndex.get(issuerId);
    const inTable = issuer !== undefined && readSerial(serial, this.#words);
    const entry = inTable ? this.#table.find(this.#words, issuer) : undefined;
    if (entry !== undefined) {
      const status = statusOf(this.#table.status(entry), this.#since.get(entry) ?? 0);
      return { status, revision: this.#table.position(entry) };
    }
    const odd = this.#odd.size > 0 ? this.#odd.get(oddKey(issuerId, serial)) : undefined;
    return odd && { status: statusOf(odd.status, odd.since), revision: odd.position };
  }

  /** Also for the issuers' own certificates, which no CertificateIssued announces. */
  issued(issuerId: IssuerId, serial: string, notAfter: Date, position: Position, now: Date): void {
    this.#learn({ issuerId, serial, status: GOOD, since: 0, notAfter: seconds(notAfter), position }, now);
  }

  /** Also for the issuers' own. */
  revoked({ issuerId, serial, reason, revokedAt, notAfter, position }: RevokedRecord, now: Date): void {
    const [status, since] = [codeOf(reason), seconds(revokedAt)];
    const named = { issuerId: issuerId as IssuerId, serial, notAfter: seconds(notAfter), position };
    this.#learn({ ...named, status, since }, now);
  }

  apply(event: CertificateEvent, position: Position, now: Date): void {
    if (event.type === 'CertificateRenewed') return;
    const { issuerId, serial, notAfter } = event.data;
    const named = { issuerId, serial, notAfter: seconds(notAfter), position };
    this.#learn({ ...named, ...codeAndSince(event) }, now);
  }

  /** As a state topic says it. */
  restore(record: CertificateStateRecord, now: Date): void {
    const { serial, status, since, position } = record;
    const issuerId = record.issuerId as IssuerId;
    const named = { issuerId, serial, notAfter: seconds(record.notAfter), position };
    const reason = status === 'held' ? 'certificateHold' : (record.reason ?? 'unspecified');
    const changed = { status: codeOf(reason), since: seconds(since) };
    this.#learn({ ...named, ...(status === 'active' ? { status: GOOD, since: 0 } : changed) }, now);
  }

  /** Looks at the next `budget` certificates, so that a million of them never hold up an answer. */
  prune(now: Date, budget = 2_000): void {
    this.#visit ??= this.#visitAll((now.getTime() - this.retention) / 1_000);
    for (let visited = 0; visited < budget; visited++) {
      if (this.#visit.next().done !== true) continue;
      this.#visit = undefined;
      return;
    }
  }

  /**
   * For a snapshot; pages are copied one by one as they are asked for. Those asked for later may know of later events,
   * which does no harm when these come again. What is added meanwhile may be missing.
   */
  dump(): StatusDump {
    const { base, pages } = this.#table;
    return {
      ...{ base, issuers: [...this.#issuers], odd: [...this.#odd.values()], pages: pages.length },
      page: (index) => {
        if (this.#table.base !== base) throw new Error('positions have been counted anew meanwhile');
        return this.#dumpPage(index, pages[index]!);
      },
    };
  }

  /** Instead of all that is known: what was dumped. */
  load({ base, issuers, odd }: Pick<StatusDump, 'base' | 'issuers' | 'odd'>, pages: readonly DumpedPage[]): void {
    this.#table = new CertificateTable(
      pages.map(({ memory }) => memory),
      base,
    );
    this.#issuers.splice(0, Infinity, ...(issuers as IssuerId[]));
    this.#issuerIndex.clear();
    for (const [index, issuerId] of this.#issuers.entries()) this.#issuerIndex.set(issuerId, index);
    this.#since.clear();
    for (const { since } of pages) {
      for (let at = 0; at < since.length; at += 2) this.#since.set(since[at]!, since[at + 1]!);
    }
    this.#odd.clear();
    for (const one of odd as Odd[]) this.#odd.set(oddKey(one.issuerId, one.serial), one);
    this.#visit = undefined;
    this.#changes++;
  }

  #learn(said: Odd, now: Date): void {
    this.#changes++;
    const { issuerId, serial, notAfter } = said;
    if (notAfter < (now.getTime() - this.retention) / 1_000) return;
    const issuer = readSerial(serial, this.#words) ? this.#indexOf(issuerId) : undefined;
    if (issuer !== undefined) return this.#learnEntry(issuer, said);
    const key = oddKey(issuerId, serial);
    const known = this.#odd.get(key);
    if (!known || counts(said, known.status, known.position)) this.#odd.set(key, said);
  }

  #learnEntry(issuer: number, said: Odd): void {
    const table = this.#table;
    const known = table.find(this.#words, issuer);
    if (known !== undefined && !counts(said, table.status(known), table.position(known))) return;
    const entry = known ?? table.add(this.#words, issuer);
    table.set(entry, said.status, said.notAfter, said.position);
    if (said.status === GOOD) this.#since.delete(entry);
    else this.#since.set(entry, said.since);
  }

  #indexOf(issuerId: IssuerId): number | undefined {
    const known = this.#issuerIndex.get(issuerId);
    if (known !== undefined || this.#issuers.length === MOST_ISSUERS) return known;
    this.#issuerIndex.set(issuerId, this.#issuers.length);
    return this.#issuers.push(issuerId) - 1;
  }

  *#visitAll(limit: number): Generator<void> {
    const table = this.#table;
    for (let entry = 0; entry < table.end; entry++) {
      if (table.status(entry) !== NOTHING && table.notAfter(entry) < limit) {
        table.remove(entry);
        this.#changes++;
        this.#since.delete(entry);
      }
      yield;
    }
    for (const [key, { notAfter }] of this.#odd) {
      if (notAfter < limit && this.#odd.delete(key)) this.#changes++;
      yield;
    }
  }

  #dumpPage(index: number, memory: ArrayBuffer): DumpedPage {
    const since: number[] = [];
    for (let entry = index * PAGE; entry < Math.min((index + 1) * PAGE, this.#table.end); entry++) {
      if (this.#table.status(entry) > GOOD) since.push(entry, this.#since.get(entry) ?? 0);
    }
    return { memory: memory.slice(0), since: Uint32Array.from(since) };
  }
}

/**
 * Revoked is final, whatever anything else says, also at a later position (a ledger that somebody has tampered with, a
 * relay that brought back old state). Only its reason may be replaced.
 */
const counts = (said: Odd, status: StatusCode, position: Position): boolean =>
  isFinal(said.status) === isFinal(status) ? said.position >= position : isFinal(said.status);

const codeAndSince = (
  event: Exclude<CertificateEvent, { type: 'CertificateRenewed' }>,
): { status: StatusCode; since: number } => {
  switch (event.type) {
    case 'CertificateIssued':
    case 'CertificateReleased':
      return { status: GOOD, since: 0 };
    case 'CertificateHeld':
      return { status: codeOf('certificateHold'), since: seconds(event.data.heldAt) };
    case 'CertificateRevoked':
      return { status: codeOf(event.data.reason), since: seconds(event.data.revokedAt) };
  }
};
