import { Injectable } from '@nestjs/common';
import type {
  OrderedSelector,
  RotationCompleted,
  RotationId,
  RotationProgress,
  RotationProgressed,
  Serial,
} from '@cartulary/domain';
import type { RecordedEvent } from '@cartulary/ledger';
import { Database } from '@cartulary/service';
import { TransientError } from '@cartulary/transport';
import { type CertificateRow, type OrderEvent, orderRow, type Removal } from './rows.js';
import * as sql from './statements.js';

/** From which position to which event a change brings the tables. */
export interface Turn {
  readonly from: number;
  readonly to: RecordedEvent;
}

/** An ordered rotation as it is known here; counts are as of now, `told` as of the newest event about it. */
export interface KnownOrder {
  readonly rotation_id: RotationId;
  readonly position: number;
  readonly version: number;
  readonly event_id: string;
  readonly selector: OrderedSelector;
  readonly requester: string;
  readonly window_start: Date;
  readonly window_end: Date;
  readonly ordered_at: Date;
  readonly counted: boolean;
  readonly matched: number;
  readonly due: number;
  readonly replaced: number;
  readonly ended: number;
  readonly told: RotationProgress | null;
  readonly completed_at: Date | null;
}

export interface KnownUpTo {
  readonly position: number;
  readonly dueVersion: number;
}

/** Rows of one statement: a fraction of a second. */
const MEMBERS_AT_ONCE = 20_000;

/** The service's projection: live certificates by window, rotations, and what remains of each (migration 0120). */
@Injectable()
export class RotationTables {
  constructor(private readonly database: Database) {}

  async known(): Promise<KnownUpTo> {
    const [row] = await this.database.query<KnownUpTo>(sql.POSITION);
    return row ?? { position: 0, dueVersion: 0 };
  }

  /** True: a rotation has nothing left. */
  async putCertificates(turn: Turn, added: readonly CertificateRow[], removed: readonly Removal[]): Promise<boolean> {
    const rows = [JSON.stringify(added), JSON.stringify(removed)];
    const [result] = await this.#take<{ turns: number; news: boolean }>(sql.CERTIFICATES, turn, rows);
    return result?.news ?? false;
  }

  async putDue(turn: Turn, version: number, serials: readonly Serial[]): Promise<void> {
    await this.#take(sql.DUE_ORDERED, turn, [version, serials]);
  }

  /** Finds its members: the live certificates that match, as the tables stand. May be begun anew. */
  async putOrder(turn: Turn, event: OrderEvent): Promise<void> {
    const { rotationId, selector } = event.data;
    await this.database.query(sql.PUT_ORDER, [JSON.stringify(orderRow(event))]);
    const [condition, value] = conditionOf(selector as OrderedSelector);
    const statement = sql.addMembers(condition);
    for (let last: string | null = ''; last !== null;) {
      const parameters: unknown[] = [rotationId, value, last, MEMBERS_AT_ONCE];
      const [row] = await this.database.query<{ last: string | null }>(statement, parameters);
      last = row?.last ?? null;
    }
    await this.#take(sql.COUNTED, turn, [rotationId]);
  }

  async putProgress(turn: Turn, { data, version }: RecordedEvent<string, RotationProgressed['data']>): Promise<void> {
    const { rotationId, progress, due = [] } = data;
    await this.#take(sql.PROGRESSED, turn, [rotationId, version, JSON.stringify(progress), due]);
  }

  async putCompletion(turn: Turn, { data, version }: RecordedEvent<string, RotationCompleted['data']>): Promise<void> {
    await this.#take(sql.COMPLETED, turn, [data.rotationId, version, data.completedAt]);
  }

  async due(now: Date, limit: number): Promise<Serial[]> {
    const rows = await this.database.query<{ serial: Serial }>(sql.DUE, [now, limit]);
    return rows.map(({ serial }) => serial);
  }

  openOrders(): Promise<KnownOrder[]> {
    return this.database.query<KnownOrder>(sql.OPEN_ORDERS);
  }

  async dueMembers(rotationId: RotationId, now: Date, limit: number): Promise<Serial[]> {
    const rows = await this.database.query<{ serial: Serial }>(sql.DUE_MEMBERS, [rotationId, now, limit]);
    return rows.map(({ serial }) => serial);
  }

  /** Counts members as ended whose certificates have expired. True: there may be more. */
  async endExpired(rotationId: RotationId, now: Date): Promise<boolean> {
    return (await this.database.query(sql.END_EXPIRED, [rotationId, now])).length > 0;
  }

  async forgetExpired(now: Date): Promise<void> {
    await this.database.query(sql.FORGET_EXPIRED, [now]);
  }

  async #take<Row extends { turns: number }>(statement: string, { from, to }: Turn, rest: unknown[]): Promise<Row[]> {
    const rows = await this.database.query<Row>(statement, [from, to.position, to.committedAt, ...rest]);
    if (rows[0]?.turns !== 1) throw new TransientError('another process has moved the projection on');
    return rows;
  }
}

/** SQL of the selected certificates by $2, and its value. */
const conditionOf = (selector: OrderedSelector): readonly [string, unknown] => {
  if ('identity' in selector) return ['live.identity = $2', selector.identity];
  if ('namespace' in selector) return ['live.namespace = $2', selector.namespace];
  if ('issuerId' in selector) return ['live.issuer_id = $2', selector.issuerId];
  return ['live.serial = ANY ($2::text[])', selector.serials];
};
