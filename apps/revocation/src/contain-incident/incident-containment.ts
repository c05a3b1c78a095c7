import { Injectable, Logger } from '@nestjs/common';
import { systemCaller } from '@cartulary/access';
import {
  certificateStream,
  type Closure,
  fold,
  incidentDecider,
  rotationDecider,
  rotationStream,
  type Timestamp,
  timestamp,
} from '@cartulary/domain';
import { Ledger, LedgerConflictError } from '@cartulary/ledger';
import { Clock } from '@cartulary/runtime';
import { Settings } from '@cartulary/service';
import { type Hit, IncidentHits } from '../enumerate-incident/hits.js';
import { ending } from './ending.js';
import {
  planRevocations,
  type RevocationOrder,
  type RevocationPlan,
  standingIn,
  standingOf,
} from './plan-revocations.js';
import { advanced, type TrackedIncident, trackIncident } from './tracked-incident.js';

/** Certificates of one append: few enough that others' appends don't wait long behind it. */
const BATCH = 1_000;

/**
 * Revokes what an incident hits, batch after batch. Each append holds a batch's revocations and the IncidentProgressed
 * that counts them, at the versions that they were decided on: after a crash it goes on behind the last one, and of
 * two replicas at the same batch one is refused. So every certificate is revoked once and counted once.
 */
@Injectable()
export class IncidentContainment {
  readonly #logger = new Logger(IncidentContainment.name);

  constructor(
    private readonly ledger: Ledger,
    private readonly hits: IncidentHits,
    private readonly settings: Settings,
    private readonly clock: Clock,
  ) {}

  /** The projection must have come to the gate's position. Ends early with the signal, or while re-issue goes first. */
  async contain(closure: Closure, signal: AbortSignal): Promise<void> {
    let incident = await trackIncident(this.ledger, closure.incidentId);
    if (incident.state.status !== 'declared' || !(await this.#isDue(incident))) return;
    const hit = await this.hits.enumerate(closure);
    if (!incident.state.counts) incident = await this.#report(incident, hit, 0, nothingDone);
    const page = (after: number): Promise<Hit[]> => this.hits.page(closure.incidentId, after, BATCH);
    for (let next = page(incident.state.through); !signal.aborted;) {
      const batch = await next;
      const through = batch.at(-1)?.position;
      if (through === undefined) break;
      // The next page is read while this one is appended.
      next = page(through);
      next.catch(() => undefined);
      incident = await this.#revoke(incident, hit, batch);
      if (incident.state.status !== 'declared') return;
      // Another replica is further.
      if (incident.state.through !== through) next = page(incident.state.through);
    }
    if (!signal.aborted) await this.#end(closure, incident);
  }

  /** Where holders get new certificates first: once they all have, or the time for it is over. */
  async #isDue({ state }: TrackedIncident): Promise<boolean> {
    const { reissue } = state.declared;
    if (!reissue || state.counts || timestamp(this.clock.now()) >= reissue.until) return true;
    const { events } = await this.ledger.readStream(rotationStream(reissue.rotationId));
    return fold(rotationDecider, events).status === 'completed';
  }

  async #revoke(incident: TrackedIncident, hit: number, batch: readonly Hit[]): Promise<TrackedIncident> {
    const through = batch.at(-1)?.position ?? 0;
    const order = this.#orderOf(incident);
    try {
      return await this.#report(incident, hit, through, await this.#plan(order, batch));
    } catch (error) {
      if (!(error instanceof LedgerConflictError) || error.stream === incident.stream) throw error;
    }
    // The projection was behind: the ledger itself is asked.
    return this.#report(incident, hit, through, await this.#planByLedger(order, batch));
  }

  async #plan(order: RevocationOrder, batch: readonly Hit[]): Promise<RevocationPlan> {
    const standings = batch.map((hit) => standingOf(hit, order.reason));
    const certificates = standings.filter((standing) => standing !== undefined);
    return certificates.length === batch.length
      ? planRevocations(order, certificates)
      : this.#planByLedger(order, batch);
  }

  async #planByLedger(order: RevocationOrder, batch: readonly Hit[]): Promise<RevocationPlan> {
    const histories = await this.ledger.readStreams(batch.map(({ serial }) => certificateStream(serial)));
    return planRevocations(order, [...histories.values()].map(standingIn));
  }

  /** Appends a batch with its report; gives the incident as it is then, also where another replica was faster. */
  async #report(
    incident: TrackedIncident,
    hit: number,
    through: number,
    { expectations, events, done }: RevocationPlan,
  ): Promise<TrackedIncident> {
    const { incidentId, stream, version, state } = incident;
    const now = this.#now(incident);
    const command = { type: 'ReportContainment', incidentId, hit, done, through, now } as const;
    const reports = incidentDecider.decide(command, state);
    if (reports.length === 0) return incident;
    try {
      await this.ledger.append({
        ...this.#trace(incident),
        expectations: [{ stream, version }, ...expectations],
        events: [...events, ...reports.map((event) => ({ stream, ...event }))],
        recordedAt: now,
      });
    } catch (error) {
      if (!(error instanceof LedgerConflictError) || error.stream !== stream) throw error;
      return trackIncident(this.ledger, incidentId);
    }
    return advanced(incident, reports);
  }

  async #end(closure: Closure, incident: TrackedIncident): Promise<void> {
    const now = this.#now(incident);
    const tokens = await this.hits.tokens(closure.incidentId);
    const { expectations, events } = await ending(this.ledger, { closure, incident, tokens, now });
    if (events.length === 0) return;
    try {
      await this.ledger.append({ ...this.#trace(incident), expectations, events, recordedAt: now });
    } catch (error) {
      // Somebody else's token or key, or a faster replica: the next look decides again.
      if (error instanceof LedgerConflictError) return;
      throw error;
    }
    this.#logger.log(`incident ${closure.incidentId} is contained: ${JSON.stringify(incident.state.counts)}`);
  }

  #orderOf(incident: TrackedIncident): RevocationOrder {
    const { reason, invalidityDate } = incident.state.declared;
    const now = this.#now(incident);
    const expiredBefore = timestamp(new Date(Date.parse(now) - this.settings.clockSkew));
    return { reason, now, expiredBefore, ...(invalidityDate ? { invalidityDate } : {}) };
  }

  /** Never before the declaration, whatever this machine's clock says. */
  #now({ state }: TrackedIncident): Timestamp {
    const now = timestamp(this.clock.now());
    return now > state.declared.declaredAt ? now : state.declared.declaredAt;
  }

  #trace({ origin }: TrackedIncident) {
    const { correlationId, id: causationId } = origin;
    return { actor: systemCaller('revocation').actor, correlationId, causationId };
  }
}

const nothingDone: RevocationPlan = {
  expectations: [],
  events: [],
  done: { revoked: 0, alreadyRevoked: 0, expired: 0 },
};
