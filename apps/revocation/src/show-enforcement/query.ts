import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { type Caller, ForbiddenError } from '@cartulary/access';
import type { Enforcement } from '@cartulary/contracts';
import {
  CertificateNotFoundError,
  CertificateNotRevokedError,
  certificateStream,
  type CertificateEvent,
  type CrlPrepared,
  parseSerial,
  PublicationNotFoundError,
  type Serial,
} from '@cartulary/domain';
import { Ledger } from '@cartulary/ledger';
import { Database } from '@cartulary/service';
import { AWAY_MS } from './presence.js';
import { type AgentRow, type ContextRow, enforcementOf } from './report.js';

export class ShowEnforcementQuery extends Query<Enforcement> {
  constructor(
    readonly reference: string,
    readonly caller: Caller,
  ) {
    super();
  }
}

interface Subject {
  readonly issuerId: string;
  /** A CRL of this number or a newer one has it. */
  readonly number: number;
  readonly since: string;
  readonly serial?: Serial;
}

const AGENTS = `
  SELECT node, gone_at IS NULL AND beat_at > clock_timestamp() - interval '${AWAY_MS} milliseconds' AS present,
    coalesce(gone_at, beat_at) AS since
  FROM projections.revocation_agents ORDER BY node`;
// A context that has said something of another issuer has to have this one's CRL, too.
const CONTEXTS = `
  WITH known AS (SELECT DISTINCT node, proxy, context FROM projections.revocation_acknowledgements),
  said AS (
    SELECT node, proxy, context, state,
      (SELECT min(entry.time) FROM unnest(numbers, times) AS entry (number, time) WHERE entry.number >= $2) AS time,
      (SELECT max(entry.time) FROM unnest(numbers, times) AS entry (number, time) WHERE entry.number >= $2) AS last
    FROM projections.revocation_acknowledgements WHERE issuer_id = $1)
  SELECT node, proxy, context, min(time) FILTER (WHERE state = 'd') AS delivered,
    min(time) FILTER (WHERE state = 'e') AS enforced, min(time) FILTER (WHERE state = 'r') AS rejected,
    min(last) FILTER (WHERE state = 'e') AS seen, min(last) FILTER (WHERE state = 'a') AS accepted
  FROM known LEFT JOIN said USING (node, proxy, context) GROUP BY node, proxy, context ORDER BY node, proxy, context`;

@QueryHandler(ShowEnforcementQuery)
export class ShowEnforcementHandler implements IQueryHandler<ShowEnforcementQuery> {
  constructor(
    private readonly ledger: Ledger,
    private readonly database: Database,
  ) {}

  async execute({ reference, caller }: ShowEnforcementQuery): Promise<Enforcement> {
    if (caller.grant.namespaces) throw new ForbiddenError('nodes and their proxies are in no namespace');
    // Serials of ours have 34 digits, numbers are positions of the ledger.
    const subject = /^\d{1,15}$/.test(reference)
      ? await this.#publication(Number(reference))
      : await this.#revocation(parseSerial(reference));
    const { issuerId, number, since, serial } = subject;
    const [agents, contexts] = await Promise.all([
      this.database.query<AgentRow>(AGENTS),
      this.database.query<ContextRow>(CONTEXTS, [issuerId, number]),
    ]);
    const figures = enforcementOf(agents, contexts, new Date(since));
    return { issuerId, ...(serial === undefined ? {} : { serial }), number, since, ...figures };
  }

  async #publication(number: number): Promise<Subject> {
    const [event] = number > 0 ? await this.ledger.readAll({ after: number - 1, limit: 1 }) : [];
    if (event?.type !== 'CrlPrepared' || event.position !== number) throw new PublicationNotFoundError(number);
    const { issuerId } = event.data as unknown as CrlPrepared['data'];
    return { issuerId, number, since: event.committedAt };
  }

  async #revocation(serial: Serial): Promise<Subject> {
    const { events } = await this.ledger.readStream(certificateStream(serial));
    if (events.length === 0) throw new CertificateNotFoundError(serial);
    // A second revocation only names a graver reason.
    const from = events.findLastIndex(({ type }) => type === 'CertificateReleased') + 1;
    const event = events.slice(from).find(({ type }) => type === 'CertificateRevoked' || type === 'CertificateHeld');
    if (!event) throw new CertificateNotRevokedError(serial);
    const { issuerId } = event.data as unknown as Extract<CertificateEvent, { type: 'CertificateRevoked' }>['data'];
    // A CRL holds what is revoked before its number.
    return { issuerId, number: event.position + 1, since: event.committedAt, serial };
  }
}
