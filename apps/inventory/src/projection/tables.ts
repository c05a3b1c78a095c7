import { Injectable } from '@nestjs/common';
import { Database } from '@cartulary/service';
import type { CertificateRow, IdentityRow, PublicationRow, TokenRow } from './rows.js';

// Each statement takes all rows of a batch as one JSON parameter; a row is only ever overwritten by a newer one.
const CERTIFICATES = `
  INSERT INTO projections.inventory_certificates AS known (serial, issued, position, identity, namespace, system,
    profile, status, issuer_id, key_hash, not_after, state)
  SELECT serial, issued, position, identity, namespace, system, profile, status, issuer_id, decode(key_hash, 'hex'),
    not_after, state
  FROM jsonb_to_recordset($1::jsonb) AS row (serial text, issued bigint, position bigint, identity text,
    namespace text, system boolean, profile text, status text, issuer_id text, key_hash text, not_after timestamptz,
    state jsonb)
  ON CONFLICT (serial) DO UPDATE SET position = excluded.position, status = excluded.status, state = excluded.state
  WHERE known.position < excluded.position`;

const IDENTITIES = `
  INSERT INTO projections.inventory_identities AS known (id, position, namespace, system, status, state)
  SELECT id, position, namespace, system, status, state
  FROM jsonb_to_recordset($1::jsonb) AS row (id text, position bigint, namespace text, system boolean, status text,
    state jsonb)
  ON CONFLICT (id) DO UPDATE SET position = excluded.position, status = excluded.status, state = excluded.state
  WHERE known.position < excluded.position`;

const TOKENS = `
  INSERT INTO projections.inventory_tokens AS known (token_id, created, position, namespaces, state)
  SELECT token_id, created, position, namespaces, state
  FROM jsonb_to_recordset($1::jsonb) AS row (token_id text, created bigint, position bigint, namespaces text[],
    state jsonb)
  ON CONFLICT (token_id) DO UPDATE SET position = excluded.position, state = excluded.state
  WHERE known.position < excluded.position`;

const PUBLICATIONS = `
  INSERT INTO projections.inventory_publications AS known (issuer_id, position, crl)
  SELECT issuer_id, position, crl
  FROM jsonb_to_recordset($1::jsonb) AS row (issuer_id text, position bigint, crl jsonb)
  ON CONFLICT (issuer_id) DO UPDATE SET position = excluded.position, crl = excluded.crl
  WHERE known.position < excluded.position`;

const POSITION = `
  INSERT INTO projections.inventory_position AS known (position) VALUES ($1)
  ON CONFLICT (only_row) DO UPDATE SET position = excluded.position WHERE known.position < excluded.position`;

/** What the projection writes. */
@Injectable()
export class Tables {
  constructor(private readonly database: Database) {}

  putCertificates(rows: readonly CertificateRow[]): Promise<void> {
    return this.#put(CERTIFICATES, rows);
  }

  putIdentities(rows: readonly IdentityRow[]): Promise<void> {
    return this.#put(IDENTITIES, rows);
  }

  putTokens(rows: readonly TokenRow[]): Promise<void> {
    return this.#put(TOKENS, rows);
  }

  putPublications(rows: readonly PublicationRow[]): Promise<void> {
    return this.#put(PUBLICATIONS, rows);
  }

  /** Says that everything up to `position` is in the tables. */
  async advance(position: number): Promise<void> {
    await this.database.query(POSITION, [position]);
  }

  async position(): Promise<number> {
    const [row] = await this.database.query<{ position: string }>(
      'SELECT position FROM projections.inventory_position',
    );
    return Number(row?.position ?? 0);
  }

  async #put(sql: string, rows: readonly object[]): Promise<void> {
    if (rows.length > 0) await this.database.query(sql, [JSON.stringify(rows)]);
  }
}
