import { Injectable } from '@nestjs/common';
import type { RecordedEvent } from '@cartulary/ledger';
import { Database } from '@cartulary/service';
import { type CertificateRow, type DescentRow, rowsOf, type StatusRow, type TokenRow } from './rows.js';

type Columns<Row> = readonly (readonly [name: keyof Row & string, type: string])[];

const certificateColumns: Columns<CertificateRow> = [
  ['position', 'bigint'],
  ['serial', 'text'],
  ['issued_at', 'timestamptz'],
  ['not_after', 'timestamptz'],
  ['issuer_id', 'text'],
  ['delegate', 'boolean'],
  ['key_hash', 'text'],
  ['identity', 'text'],
  ['namespace', 'text'],
  ['node', 'text'],
];
const statusColumns: Columns<StatusRow> = [
  ['serial', 'text'],
  ['version', 'integer'],
  ['status', '"char"'],
  ['held_at', 'timestamptz'],
  ['reason', 'text'],
];
const tokenColumns: Columns<TokenRow> = [
  ['position', 'bigint'],
  ['token_id', 'text'],
];
const descentColumns: Columns<DescentRow> = [
  ['serial', 'text'],
  ['token_id', 'text'],
  ['child', 'bigint'],
];

const names = (columns: Columns<never>): string => columns.map(([name]) => name).join(', ');
const unnest = (columns: Columns<never>): string =>
  `unnest(${columns.map(([, type], index) => `$${index + 1}::${type}[]`).join(', ')}) AS row (${names(columns)})`;
const valuesOf = <Row>(columns: Columns<Row>, rows: readonly Row[]): unknown[] =>
  columns.map(([name]) => rows.map((row) => row[name] ?? null));

const PUT_CERTIFICATES = `
  INSERT INTO projections.revocation_certificates (version, status, ${names(certificateColumns)})
  SELECT 1, 'a', ${names(certificateColumns).replace('key_hash', `decode(key_hash, 'hex')`)}
  FROM ${unnest(certificateColumns)} ON CONFLICT DO NOTHING`;
// A renewal moves the version on, and nothing else.
const PUT_STATUSES = `
  UPDATE projections.revocation_certificates AS known SET version = row.version,
    status = coalesce(row.status, known.status),
    held_at = CASE WHEN row.status IS NULL THEN known.held_at ELSE row.held_at END,
    reason = CASE WHEN row.status IS NULL THEN known.reason ELSE row.reason END
  FROM ${unnest(statusColumns)} WHERE known.serial = row.serial AND known.version < row.version`;
const PUT_TOKENS = `
  INSERT INTO projections.revocation_tokens (${names(tokenColumns)})
  SELECT * FROM ${unnest(tokenColumns)} ON CONFLICT DO NOTHING`;
// A credential that is not in the ledger cannot be hit.
const PUT_DESCENTS = `
  INSERT INTO projections.revocation_descents (parent, child)
  SELECT coalesce(certificate.position, token.position), row.child FROM ${unnest(descentColumns)}
  LEFT JOIN projections.revocation_certificates AS certificate ON certificate.serial = row.serial
  LEFT JOIN projections.revocation_tokens AS token ON token.token_id = row.token_id
  WHERE coalesce(certificate.position, token.position) IS NOT NULL ON CONFLICT DO NOTHING`;
const MOVE_ON = 'UPDATE projections.revocation_position SET position = $1 WHERE position < $1';

/** What incidents are enumerated from (migration 0111). Idempotent: each row knows the version that it stands at. */
@Injectable()
export class IncidentProjection {
  constructor(private readonly database: Database) {}

  /** In the order of positions. */
  async apply(events: readonly RecordedEvent[]): Promise<void> {
    const { certificates, statuses, tokens, descents } = rowsOf(events);
    if (certificates.length > 0) {
      await this.database.query(PUT_CERTIFICATES, valuesOf(certificateColumns, certificates));
    }
    if (statuses.length > 0) await this.database.query(PUT_STATUSES, valuesOf(statusColumns, statuses));
    if (tokens.length > 0) await this.database.query(PUT_TOKENS, valuesOf(tokenColumns, tokens));
    if (descents.length > 0) await this.database.query(PUT_DESCENTS, valuesOf(descentColumns, descents));
    const last = events.at(-1);
    if (last) await this.database.query(MOVE_ON, [last.position]);
  }
}
