import { Injectable } from '@nestjs/common';
import type { KeyHash, Serial } from '@cartulary/domain';
import { Database } from '@cartulary/service';

/** Which certificates a key has: this service's own projection (migration 0110). */
@Injectable()
export class KeyCertificates {
  constructor(private readonly database: Database) {}

  async add(rows: readonly { readonly keyHash: KeyHash; readonly serial: Serial }[]): Promise<void> {
    await this.database.query(
      `INSERT INTO projections.revocation_key_certificates (key_hash, serial)
       SELECT decode(key_hash, 'hex'), serial FROM unnest($1::text[], $2::text[]) AS row (key_hash, serial)
       ON CONFLICT DO NOTHING`,
      [rows.map(({ keyHash }) => keyHash), rows.map(({ serial }) => serial)],
    );
  }

  async serials(keyHash: KeyHash): Promise<Serial[]> {
    const rows = await this.database.query<{ serial: Serial }>(
      `SELECT serial FROM projections.revocation_key_certificates WHERE key_hash = decode($1, 'hex') ORDER BY serial`,
      [keyHash],
    );
    return rows.map(({ serial }) => serial);
  }

  /** Says that every certificate that the key had at `position` is revoked. */
  async markDone(keyHash: KeyHash, position: number): Promise<void> {
    await this.database.query(
      `INSERT INTO projections.revocation_blocked_keys AS blocked (key_hash, position) VALUES (decode($1, 'hex'), $2)
       ON CONFLICT (key_hash) DO UPDATE SET position = greatest(blocked.position, excluded.position)`,
      [keyHash, position],
    );
  }

  async isDone(keyHash: KeyHash, position: number): Promise<boolean> {
    const rows = await this.database.query(
      `SELECT 1 FROM projections.revocation_blocked_keys WHERE key_hash = decode($1, 'hex') AND position >= $2`,
      [keyHash, position],
    );
    return rows.length > 0;
  }
}
