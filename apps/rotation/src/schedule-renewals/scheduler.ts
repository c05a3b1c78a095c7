import { Injectable } from '@nestjs/common';
import {
  decideDue,
  dueRotation,
  rotationDecider,
  type RotationEvent,
  type RotationId,
  type RotationState,
  rotationStream,
  type Timestamp,
  timestamp,
} from '@cartulary/domain';
import { Ledger, LedgerConflictError } from '@cartulary/ledger';
import { Clock, Metrics, newCorrelation } from '@cartulary/runtime';
import { type KnownOrder, RotationTables } from './tables.js';

/** Ten events at most of one append. */
const MOST_AT_ONCE = 14_000;
const ACTOR = { id: 'system:rotation', credential: 'system' };

/**
 * Tells the ledger what the projection knows to be due. Each append names the version of its stream up to which the
 * projection has been folded: where it is behind, or another scheduler was faster, nothing is appended, so a
 * certificate is never ordered twice.
 */
@Injectable()
export class RenewalScheduler {
  constructor(
    private readonly tables: RotationTables,
    private readonly ledger: Ledger,
    private readonly clock: Clock,
    private readonly metrics: Metrics,
  ) {}

  /** True: there was more than fits in one go. */
  async tick(): Promise<boolean> {
    const now = this.clock.now();
    const more = await this.#orderDue(now);
    const rest = await this.#reportProgress(now);
    await this.tables.forgetExpired(now);
    return more || rest;
  }

  async #orderDue(now: Date): Promise<boolean> {
    // The version before the certificates: what is ordered in between is then refused.
    const { dueVersion } = await this.tables.known();
    const serials = await this.tables.due(now, MOST_AT_ONCE);
    const done = await this.#append(dueRotation, dueVersion, decideDue(serials, timestamp(now)));
    if (done) this.#count('window', serials.length);
    return done && serials.length === MOST_AT_ONCE;
  }

  async #reportProgress(now: Date): Promise<boolean> {
    let more = false;
    for (const { rotation_id: rotationId } of await this.tables.openOrders()) {
      while (await this.tables.endExpired(rotationId, now));
    }
    for (const order of await this.tables.openOrders()) {
      const { rotation_id: rotationId, version, event_id: causationId } = order;
      const due = await this.tables.dueMembers(rotationId, now, MOST_AT_ONCE);
      const { matched, replaced, ended } = order;
      const report = { type: 'ReportProgress', rotationId, counts: { matched, replaced, ended }, due } as const;
      const events = rotationDecider.decide({ ...report, now: timestamp(now) }, stateOf(order));
      const done = await this.#append(rotationId, version, events, causationId);
      if (done) this.#count('rotation', due.length);
      more ||= done && due.length === MOST_AT_ONCE;
    }
    return more;
  }

  async #append(
    rotationId: RotationId,
    version: number,
    decided: readonly RotationEvent[],
    causationId?: string,
  ): Promise<boolean> {
    if (decided.length === 0) return false;
    const stream = rotationStream(rotationId);
    try {
      await this.ledger.append({
        expectations: [{ stream, version }],
        events: decided.map((event) => ({ stream, ...event })),
        actor: ACTOR,
        correlationId: newCorrelation().correlationId,
        ...(causationId ? { causationId } : {}),
        recordedAt: timestamp(this.clock.now()),
      });
      return true;
    } catch (error) {
      if (error instanceof LedgerConflictError) return false;
      throw error;
    }
  }

  #count(by: 'window' | 'rotation', count: number): void {
    if (count === 0) return;
    const help = 'Certificates whose renewal has been ordered';
    this.metrics.counter('rotation_certificates_due_total', { help, labels: ['by'] }).inc({ by }, count);
  }
}

const stateOf = ({
  rotation_id: rotationId,
  selector,
  window_start,
  window_end,
  ...order
}: KnownOrder): RotationState => {
  const at = (date: Date): Timestamp => timestamp(date);
  const window = { start: at(window_start), end: at(window_end) };
  return {
    status: 'ordered',
    order: { rotationId, selector, window, orderedAt: at(order.ordered_at) },
    ...(order.told ? { progress: order.told } : {}),
  };
};
