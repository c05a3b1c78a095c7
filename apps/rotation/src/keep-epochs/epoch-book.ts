import { Injectable } from '@nestjs/common';
import { type CertificateIssued, type IssuerId, type Timestamp, timestamp } from '@cartulary/domain';
import type { RecordedEvent } from '@cartulary/ledger';
import { Database } from '@cartulary/service';

export const countedTypes = ['CertificateIssued', 'IssuerSuperseded', 'IssuerCompromised'] as const;

export interface EpochCount {
  readonly certificates: number;
  readonly lastNotAfter?: Timestamp;
  /** It issues no more, so the others are final. */
  readonly closed: boolean;
}

const none: EpochCount = { certificates: 0, closed: false };

// Rows know the position up to which they were counted: what comes again is passed over.
const COUNT = `
  INSERT INTO projections.rotation_epochs AS known (issuer_id, certificates, last_not_after, closed, position)
  SELECT event.issuer_id, count(event.not_after), max(event.not_after), bool_or(event.closes), max(event.position)
  FROM unnest($1::text[], $2::timestamptz[], $3::boolean[], $4::bigint[])
    AS event (issuer_id, not_after, closes, position)
  LEFT JOIN projections.rotation_epochs AS before ON before.issuer_id = event.issuer_id
  WHERE event.position > coalesce(before.position, 0)
  GROUP BY event.issuer_id
  ON CONFLICT (issuer_id) DO UPDATE SET
    certificates = known.certificates + excluded.certificates,
    last_not_after = greatest(known.last_not_after, excluded.last_not_after),
    closed = known.closed OR excluded.closed,
    position = excluded.position
  WHERE known.position < excluded.position`;

/** The service's own projection of epochs, and the keys that it has made for issuers to come (migration 0121). */
@Injectable()
export class EpochBook {
  constructor(private readonly database: Database) {}

  /** Events of `countedTypes`, in their order; those that were counted before are passed over. */
  async count(events: readonly RecordedEvent[]): Promise<void> {
    // A delegate answers for the issuer, and nobody asks whether it is revoked; a canary never was good.
    const counted = events.filter(
      ({ type, data }) =>
        type !== 'CertificateIssued' || (data['profile'] !== 'ocsp-signing' && data['profile'] !== 'canary'),
    );
    if (counted.length === 0) return;
    const columns = [
      counted.map(({ data }) => (data as unknown as CertificateIssued['data']).issuerId),
      counted.map(({ type, data }) => (type === 'CertificateIssued' ? String(data['notAfter']) : null)),
      counted.map(({ type }) => type !== 'CertificateIssued'),
      counted.map(({ position }) => position),
    ];
    await this.database.query(COUNT, columns);
  }

  async of(issuerId: IssuerId): Promise<EpochCount> {
    const [row] = await this.database.query<{ certificates: string; last_not_after: Date | null; closed: boolean }>(
      'SELECT certificates, last_not_after, closed FROM projections.rotation_epochs WHERE issuer_id = $1',
      [issuerId],
    );
    if (!row) return none;
    const last = row.last_not_after ? { lastNotAfter: timestamp(row.last_not_after) } : {};
    return { certificates: Number(row.certificates), closed: row.closed, ...last };
  }

  async keepKey(keyId: string, now: Date): Promise<void> {
    await this.database.query(
      'INSERT INTO projections.rotation_made_keys (key_id, made_at) VALUES ($1, $2) ON CONFLICT DO NOTHING',
      [keyId, now],
    );
  }

  async keysMadeBefore(time: Date): Promise<string[]> {
    const rows = await this.database.query<{ key_id: string }>(
      'SELECT key_id FROM projections.rotation_made_keys WHERE made_at < $1 ORDER BY key_id',
      [time],
    );
    return rows.map(({ key_id }) => key_id);
  }

  async dropKey(keyId: string): Promise<void> {
    await this.database.query('DELETE FROM projections.rotation_made_keys WHERE key_id = $1', [keyId]);
  }
}
