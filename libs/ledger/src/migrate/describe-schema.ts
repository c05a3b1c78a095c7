import { type Queryable } from '../verify/verify-ledger.js';

// Partitions come and go with the ledger's length; the rest is what the migrations made.
const NO_PARTITIONS = 'NOT coalesce((SELECT c.relispartition FROM pg_class c WHERE c.oid = relation), false)';

// [kind, query of one text column]; the catalogue's own functions write the definitions.
const SECTIONS: readonly (readonly [string, string])[] = [
  ['schemas', `SELECT nspname || coalesce(E'\\n    ' || nspacl::text, '') FROM pg_namespace WHERE nspname = ANY ($1)`],
  [
    'tables',
    `SELECT oid::regclass || ' (' || string_agg(part, ',' ORDER BY attnum) || E'\\n)' || coalesce(' PARTITION BY ' || pg_get_partkeydef(oid), '')
       || coalesce(' WITH (' || array_to_string(max(reloptions), ', ') || ')', '') || coalesce(E'\\n    ' || max(relacl::text), '')
     FROM (
       SELECT c.oid, c.reloptions, c.relacl, a.attnum, E'\\n  ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
         || coalesce(' COLLATE ' || quote_ident(l.collname), '') || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
         || CASE WHEN a.attstorage <> t.typstorage THEN ' STORAGE ' || a.attstorage::text ELSE '' END
         || coalesce(CASE a.attgenerated WHEN 's' THEN ' GENERATED AS ' ELSE ' DEFAULT ' END
           || pg_get_expr(d.adbin, d.adrelid), '') AS part
       FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
       JOIN pg_type t ON t.oid = a.atttypid
       LEFT JOIN pg_collation l ON l.oid = a.attcollation AND l.collname <> 'default'
       LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
       WHERE c.relnamespace::regnamespace::text = ANY ($1) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
     ) AS columns
     GROUP BY oid`,
  ],
  [
    'constraints',
    `SELECT conrelid::regclass || ': ' || conname || ' ' || pg_get_constraintdef(oid)
     FROM (SELECT *, conrelid AS relation FROM pg_constraint WHERE contype <> 'n') AS con
     WHERE connamespace::regnamespace::text = ANY ($1) AND conrelid <> 0 AND ${NO_PARTITIONS}`,
  ],
  [
    'indexes',
    `SELECT pg_get_indexdef(indexrelid) FROM (SELECT *, indrelid AS relation FROM pg_index) AS i
     JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace::regnamespace::text = ANY ($1) AND ${NO_PARTITIONS}`,
  ],
  [
    'triggers',
    `SELECT pg_get_triggerdef(t.oid) FROM (SELECT *, tgrelid AS relation FROM pg_trigger WHERE NOT tgisinternal) AS t
     JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace::regnamespace::text = ANY ($1) AND ${NO_PARTITIONS}`,
  ],
  [
    'views',
    `SELECT c.oid::regclass || E' AS\\n' || pg_get_viewdef(c.oid) || coalesce(E'\\n    ' || c.relacl::text, '') FROM pg_class c
     WHERE c.relnamespace::regnamespace::text = ANY ($1) AND c.relkind IN ('v', 'm')`,
  ],
  [
    'functions',
    `SELECT pg_get_functiondef(p.oid) || coalesce(E'\\n    ' || p.proacl::text, '') FROM pg_proc p
     WHERE p.pronamespace::regnamespace::text = ANY ($1)`,
  ],
];

/** What the migrations made, as text: to be compared with migrations/schema.snapshot.sql. Not meant to be run. */
export async function describeSchema(database: Queryable, schemas = ['cartulary', 'projections']): Promise<string> {
  let text = '-- What the migrations make, from the catalogue. Written by libs/ledger; not meant to be run.\n';
  for (const [kind, query] of SECTIONS) {
    const { rows } = await database.query(
      `SELECT entry FROM (${query}) AS entries (entry) ORDER BY entry COLLATE "C"`,
      [schemas],
    );
    const entries = (rows as { entry: string }[]).map(({ entry }) => entry.trimEnd());
    text += `\n-- ${kind}\n${entries.map((entry) => `${entry}\n`).join('')}`;
  }
  return text;
}
