import { type CertificateEvent, namespaceOf, type Serial, standsApart, type TokenCreated } from '@cartulary/domain';
import type { RecordedEvent } from '@cartulary/ledger';

export const projectedTypes = [
  'CertificateIssued',
  'CertificateRenewed',
  'CertificateHeld',
  'CertificateReleased',
  'CertificateRevoked',
  'TokenCreated',
  // So that the projection is known to have come so far.
  'GateClosed',
  'RotationOrdered',
] as const;

/** By the names of the columns. */
export interface CertificateRow {
  readonly position: number;
  readonly serial: Serial;
  readonly issued_at: string;
  readonly not_after: string;
  readonly issuer_id: string;
  readonly delegate: boolean;
  readonly key_hash: string;
  readonly identity: string | undefined;
  readonly namespace: string | undefined;
  readonly node: string | undefined;
}

export interface StatusRow {
  readonly serial: Serial;
  readonly version: number;
  readonly status: 'a' | 'h' | 'r' | undefined;
  readonly held_at: string | undefined;
  readonly reason: string | undefined;
}

export interface TokenRow {
  readonly position: number;
  readonly token_id: string;
}

/** From a certificate or a token to what comes from it. */
export interface DescentRow {
  readonly serial: string | undefined;
  readonly token_id: string | undefined;
  readonly child: number;
}

export interface Rows {
  readonly certificates: readonly CertificateRow[];
  /** Each serial once, as the newest of the events leaves it. */
  readonly statuses: readonly StatusRow[];
  readonly tokens: readonly TokenRow[];
  readonly descents: readonly DescentRow[];
}

export const rowsOf = (events: readonly RecordedEvent[]): Rows => {
  const certificates: CertificateRow[] = [];
  const statuses = new Map<Serial, StatusRow>();
  const tokens: TokenRow[] = [];
  const descents: DescentRow[] = [];
  for (const recorded of events) {
    const event = recorded as unknown as CertificateEvent;
    const { position: child, actor } = recorded;
    if (recorded.type === 'TokenCreated') {
      tokens.push(tokenRow(recorded));
      descents.push(...from(actor.credential, child));
    } else if (event.type === 'CertificateIssued') {
      const { evidence, predecessor } = event.data;
      certificates.push(certificateRow(recorded, event.data));
      descents.push(...from(evidence.credential, child));
      if (predecessor) descents.push({ serial: predecessor, token_id: undefined, child });
    } else if (recorded.stream.startsWith('certificate-')) {
      const { serial } = event.data;
      statuses.set(serial, statusRow(event, recorded.version, statuses.get(serial)));
    }
  }
  return { certificates, statuses: [...statuses.values()], tokens, descents };
};

/** As events name credentials; of `system`, a service's own doing, nothing comes. */
const from = (credential: string, child: number): DescentRow[] => {
  const [, kind, id] = /^(certificate|token):(.+)$/.exec(credential) ?? [];
  if (!kind) return [];
  return [{ serial: kind === 'token' ? undefined : id, token_id: kind === 'token' ? id : undefined, child }];
};

const certificateRow = (
  { position, recordedAt }: RecordedEvent,
  data: Extract<CertificateEvent, { type: 'CertificateIssued' }>['data'],
): CertificateRow => ({
  position,
  serial: data.serial,
  issued_at: recordedAt,
  not_after: data.notAfter,
  issuer_id: data.issuerId,
  delegate: standsApart(data.profile),
  key_hash: data.keyHash,
  identity: data.identity,
  namespace: namespaceOf(data.identity),
  node: data.evidence.node,
});

const statusRow = (event: CertificateEvent, version: number, before: StatusRow | undefined): StatusRow => {
  const { serial } = event.data;
  const [none, row] = [undefined, { serial, version }];
  switch (event.type) {
    case 'CertificateHeld':
      return { ...row, status: 'h', held_at: event.data.heldAt, reason: none };
    case 'CertificateReleased':
      return { ...row, status: 'a', held_at: none, reason: none };
    case 'CertificateRevoked':
      return { ...row, status: 'r', held_at: none, reason: event.data.reason };
    default:
      return { ...(before ?? { status: none, held_at: none, reason: none }), ...row };
  }
};

const tokenRow = ({ position, data }: RecordedEvent): TokenRow => ({
  position,
  token_id: (data as unknown as TokenCreated['data']).tokenId,
});
