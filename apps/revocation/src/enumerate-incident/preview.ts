import { Injectable } from '@nestjs/common';
import type { IncidentPreview } from '@cartulary/contracts';
import { type IncidentSelector, timestamp } from '@cartulary/domain';
import { Clock } from '@cartulary/runtime';
import { Database } from '@cartulary/service';
import { conditionsOf } from './conditions.js';
import { hitsBefore } from './hits.js';

const IDENTITIES = 100;
const SAMPLE = 20;

type Sampled = IncidentPreview['sample'][number];
interface PreviewRow extends Omit<IncidentPreview, 'sample' | 'identities'> {
  readonly identities: IncidentPreview['identities'] | null;
  readonly sample: readonly (Omit<Sampled, 'identity' | 'node'> & Nullable<Sampled, 'identity' | 'node'>)[] | null;
}
type Nullable<Row, Names extends keyof Row> = { readonly [Name in Names]: Row[Name] | null };

/** What an incident would hit if it were declared now. Changes nothing. */
@Injectable()
export class IncidentPreviews {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  async of(selector: IncidentSelector): Promise<IncidentPreview> {
    const { sql, values } = conditionsOf(selector, 3);
    const parameters = [Number.MAX_SAFE_INTEGER, timestamp(this.clock.now()), ...values];
    const [row] = await this.database.query<PreviewRow>(previewOf(sql), parameters);
    if (!row) throw new Error('a preview without a row');
    const { identities, sample, ...counts } = row;
    return {
      ...counts,
      identities: identities ?? [],
      sample: (sample ?? []).map(({ identity, node, notAfter, ...rest }) => ({
        ...rest,
        ...(identity === null ? {} : { identity }),
        ...(node === null ? {} : { node }),
        notAfter: timestamp(new Date(notAfter)),
      })),
    };
  }
}

const previewOf = (conditions: string): string => `${hitsBefore(conditions)},
  found AS MATERIALIZED (
    SELECT c.position, c.status, c.not_after < $2::timestamptz AS over, c.identity, c.namespace, coalesce(${conditions}, false) AS selected
    FROM hit JOIN projections.revocation_certificates c ON c.position = hit.position),
  identities AS (SELECT identity, count(*) AS certificates FROM found WHERE identity IS NOT NULL GROUP BY identity),
  sample AS (
    SELECT c.serial, c.identity, c.node, c.issuer_id AS "issuerId", c.not_after AS "notAfter",
      NOT newest.selected AS descendant
    FROM (SELECT position, selected FROM found ORDER BY position DESC LIMIT ${SAMPLE}) AS newest
    JOIN projections.revocation_certificates c USING (position) ORDER BY position DESC)
  SELECT count(*)::float8 AS hit,
    (count(*) FILTER (WHERE status <> 'r' AND NOT over))::float8 AS live,
    (count(*) FILTER (WHERE status = 'r'))::float8 AS "alreadyRevoked",
    (count(*) FILTER (WHERE status <> 'r' AND over))::float8 AS expired,
    (count(*) FILTER (WHERE NOT selected))::float8 AS descendants,
    (count(*) FILTER (WHERE identity IS NOT NULL AND namespace IS NULL))::float8 AS system,
    (SELECT count(*) FROM hit JOIN projections.revocation_tokens USING (position))::float8 AS tokens,
    (SELECT count(*) FROM identities)::float8 AS "identityCount",
    (SELECT json_agg(top) FROM (
      SELECT identity, certificates FROM identities ORDER BY certificates DESC, identity LIMIT ${IDENTITIES}) AS top
    ) AS identities,
    (SELECT json_agg(sample) FROM sample) AS sample,
    (SELECT position FROM projections.revocation_position)::float8 AS position
  FROM found`;
