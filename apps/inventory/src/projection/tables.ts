import { Injectable } from '@nestjs/common';
import { Database } from '@cartulary/service';
import { columnsOf, type Kind, kindNames, kinds, schemaOf } from './columns.js';
import type { CertificateRow, IdentityRow, PublicationRow, TokenRow, Versions } from './rows.js';

/** What a batch of events makes of the tables. */
export interface Changes {
  readonly certificates: readonly Versions<CertificateRow>[];
  readonly identities: readonly Versions<IdentityRow>[];
  readonly tokens: readonly Versions<TokenRow>[];
  readonly publications: readonly PublicationRow[];
  /** Everything up to here is in the tables then. */
  readonly position: number;
  readonly events: number;
}

export type Written = 'active' | 'following' | 'building';

/** Who builds a generation; nobody else writes into it meanwhile. */
export interface Builder {
  readonly id: string;
  /** Milliseconds since it began, in all. */
  readonly spent: number;
}

// All of a batch is one statement, so the tables and the position can't part. Rows come as JSON; one of the present is
// only ever overwritten by a newer one, and the past never changes.
const present = (schema: string, kind: Kind, parameter: number): string => {
  const { key, columns } = kinds[kind];
  const names = columnsOf(kind);
  const changing = names.filter((name) => ['position', 'status', 'state'].includes(name));
  return `
  ${kind} AS (
    INSERT INTO ${schema}.${kind} AS known (${names.join(', ')}) ${selected(parameter, columns)}
    ON CONFLICT (${key}) DO UPDATE SET ${changing.map((name) => `${name} = excluded.${name}`).join(', ')}
    WHERE known.position < excluded.position)`;
};

const past = (schema: string, kind: Kind, parameter: number): string => `
  ${kind}_past AS (
    INSERT INTO ${schema}.${kind}_past (${[...columnsOf(kind), 'until'].join(', ')})
    ${selected(parameter, { ...kinds[kind].columns, until: 'bigint' })}
    ON CONFLICT DO NOTHING)`;

const selected = (parameter: number, columns: Readonly<Record<string, string>>): string => {
  const values = Object.keys(columns).map((name) => (name === 'key_hash' ? `decode(key_hash, 'hex')` : name));
  const types = Object.entries(columns).map(([name, type]) => `${name} ${type}`);
  return `SELECT ${values.join(', ')} FROM jsonb_to_recordset($${parameter}::jsonb) AS row (${types.join(', ')})`;
};

const statement = (schema: string): string => `WITH
  ${kindNames.map((kind, index) => `${present(schema, kind, 1 + 2 * index)}, ${past(schema, kind, 2 + 2 * index)}`).join(',')},
  publications AS (
    INSERT INTO ${schema}.publications (issuer_id, position, crl)
    SELECT issuer_id, position, crl
    FROM jsonb_to_recordset($7::jsonb) AS row (issuer_id text, position bigint, crl jsonb)
    ON CONFLICT DO NOTHING)
  UPDATE projections.inventory_generations SET position = greatest(position, $9),
    events = events + CASE WHEN status = 'building' THEN $10 ELSE 0 END,
    building_ms = CASE WHEN status = 'building' THEN $12 ELSE building_ms END
  WHERE generation = $8 AND status = ANY ($13) AND ($11::text IS NULL OR builder = $11)
  RETURNING status`;

/** What the projection writes. */
@Injectable()
export class Tables {
  readonly #statements = new Map<number, string>();

  constructor(private readonly database: Database) {}

  /**
   * Writes all of a batch or nothing. Undefined: the generation is not (any more) to be written by this caller, and
   * what it said is not to be relied on.
   */
  async write(generation: number, changes: Changes, builder?: Builder): Promise<Written | undefined> {
    const { position, events, publications } = changes;
    const kindRows = kindNames.flatMap((kind) => {
      const versions: readonly Versions<object>[] = changes[kind];
      return [versions.map(({ newest }) => newest), versions.flatMap((each) => each.past)];
    });
    const rows = [...kindRows, publications].map((each) => JSON.stringify(each));
    const writable = builder ? ['building'] : ['following', 'active'];
    const [row] = await this.database.query<{ status: Written }>(this.#statement(generation), [
      ...rows,
      generation,
      position,
      events,
      builder?.id ?? null,
      Math.round(builder?.spent ?? 0),
      writable,
    ]);
    return row?.status;
  }

  #statement(generation: number): string {
    const known = this.#statements.get(generation) ?? statement(schemaOf(generation));
    this.#statements.set(generation, known);
    return known;
  }
}
