import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { ProjectionGeneration } from '@cartulary/contracts';
import { Database } from '@cartulary/service';
import { columnsOf, type Kind, kindNames, schemaOf } from './columns.js';

type Comparison = NonNullable<ProjectionGeneration['comparison']>;
interface Content {
  readonly rows: number;
  readonly checksum: string;
}

// All that a generation knew at a position, also of what was past by then: the same in every generation, however far
// each has come since. Sums, so that the order doesn't matter and nothing has to be sorted.
const contentOf = (schema: string, kind: Kind | 'publications'): string => {
  const columns = kind === 'publications' ? 'issuer_id, position, crl' : columnsOf(kind).join(', ');
  const past = `UNION ALL SELECT ${columns}, CASE WHEN until <= $1 THEN until END
    FROM ${schema}.${kind}_past WHERE position <= $1`;
  return `SELECT count(*)::float8 AS rows, concat(sum(hashtextextended(content::text, 0)::numeric), ' ',
      sum(hashtextextended(content::text, 1)::numeric)) AS sums
    FROM (SELECT ${columns}, NULL::bigint AS until FROM ${schema}.${kind} WHERE position <= $1
      ${kind === 'publications' ? '' : past}) AS content`;
};

/** Compares what two generations say, by number and content of their rows. */
@Injectable()
export class Comparisons {
  constructor(private readonly database: Database) {}

  /** Both as of a position that both have reached; writers need not wait. */
  async compare(generation: number, previous: number, position: number): Promise<Comparison> {
    const tables: Comparison['tables'] = [];
    for (const table of [...kindNames, 'publications'] as const) {
      const [content, before] = await Promise.all([
        this.#content(generation, table, position),
        this.#content(previous, table, position),
      ]);
      tables.push({ table, ...content, previousRows: before.rows, previousChecksum: before.checksum });
    }
    const same = tables.every(
      ({ rows, checksum, previousRows, previousChecksum }) => rows === previousRows && checksum === previousChecksum,
    );
    return { position, same, tables };
  }

  async #content(generation: number, kind: Kind | 'publications', position: number): Promise<Content> {
    const sql = contentOf(schemaOf(generation), kind);
    const [row] = await this.database.query<{ rows: number; sums: string }>(sql, [position], { timeout: 0 });
    const checksum = createHash('sha256').update(`${row?.rows} ${row?.sums}`).digest('hex');
    return { rows: row?.rows ?? 0, checksum };
  }
}
