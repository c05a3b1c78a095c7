import { Injectable } from '@nestjs/common';
import type { Closure, IncidentId, IssuerId, RevocationReason, Serial, TokenId } from '@cartulary/domain';
import { Database } from '@cartulary/service';
import { conditionsOf } from './conditions.js';

/** A hit certificate as the projection knows it, which may be a moment behind. */
export interface Hit {
  readonly position: number;
  readonly serial: Serial;
  readonly version: number;
  readonly status: 'a' | 'h' | 'r';
  readonly held_at: Date | null;
  readonly reason: RevocationReason | null;
  readonly issuer_id: IssuerId;
  readonly not_after: Date;
}

/**
 * `hit (position)`: what the selector means before position $1, and all that descends from it, certificates and tokens.
 * Each once, however many ways lead to it. OFFSET 0 keeps it to one look into the index for each hit: a plan that read
 * all descents again for every generation would be far slower.
 */
export const hitsBefore = (conditions: string): string => `
  WITH RECURSIVE hit (position) AS (
    SELECT position FROM projections.revocation_certificates WHERE position < $1 AND ${conditions}
    UNION
    SELECT descent.child FROM hit CROSS JOIN LATERAL (
      SELECT child FROM projections.revocation_descents
      WHERE parent = hit.position AND child < $1 OFFSET 0) AS descent)`;

const COUNT = 'SELECT hit::float8 FROM projections.revocation_incidents WHERE incident_id = $1';
// The page first: joined whole, the hits would be looked for in all certificates again for every page.
const PAGE = `
  WITH page AS MATERIALIZED (
    SELECT position FROM projections.revocation_incident_hits AS hit
    WHERE incident_id = $1 AND position > $2
      AND NOT EXISTS (SELECT 1 FROM projections.revocation_tokens AS token WHERE token.position = hit.position)
    ORDER BY position LIMIT $3)
  SELECT position::float8, serial, version, status, held_at, reason, issuer_id, not_after
  FROM page JOIN projections.revocation_certificates USING (position) ORDER BY position`;
const TOKENS = `
  SELECT token_id FROM projections.revocation_incident_hits JOIN projections.revocation_tokens USING (position)
  WHERE incident_id = $1 ORDER BY position`;

/** As long as it takes: nobody waits for it but the incident. */
const PATIENCE_MS = 600_000;

/** What an incident hits. Written down once, all of it or nothing; from then on it is only read. */
@Injectable()
export class IncidentHits {
  constructor(private readonly database: Database) {}

  /** Gives the number of certificates. The projection must have come to the gate's position. */
  async enumerate({ incidentId, selector, position }: Closure): Promise<number> {
    const known = await this.#count(incidentId);
    if (known !== undefined) return known;
    const { sql, values } = conditionsOf(selector, 3);
    await this.database.query(
      `${hitsBefore(sql)},
       put AS (
         INSERT INTO projections.revocation_incident_hits (incident_id, position)
         SELECT $2, position FROM hit ON CONFLICT DO NOTHING)
       INSERT INTO projections.revocation_incidents (incident_id, hit)
       SELECT $2, count(*) - (SELECT count(*) FROM hit JOIN projections.revocation_tokens USING (position)) FROM hit
       ON CONFLICT DO NOTHING`,
      [position, incidentId, ...values],
      { timeout: PATIENCE_MS },
    );
    return (await this.#count(incidentId)) ?? 0;
  }

  async #count(incidentId: IncidentId): Promise<number | undefined> {
    const [row] = await this.database.query<{ hit: number }>(COUNT, [incidentId]);
    return row?.hit;
  }

  /** The next ones after a position, in the order of positions. */
  page(incidentId: IncidentId, after: number, limit: number): Promise<Hit[]> {
    return this.database.query<Hit>(PAGE, [incidentId, after, limit]);
  }

  async tokens(incidentId: IncidentId): Promise<TokenId[]> {
    const rows = await this.database.query<{ token_id: TokenId }>(TOKENS, [incidentId]);
    return rows.map(({ token_id }) => token_id);
  }
}
