import type { LedgerEvent } from '@cartulary/contracts';
import type { RecordedEvent } from '@cartulary/ledger';

export const eventView = (event: RecordedEvent): LedgerEvent => ({
  position: event.position,
  stream: event.stream,
  version: event.version,
  type: event.type,
  schemaVersion: event.schemaVersion,
  id: event.id,
  recordedAt: event.recordedAt,
  committedAt: event.committedAt,
  actor: { ...event.actor },
  correlationId: event.correlationId,
  ...(event.causationId === undefined ? {} : { causationId: event.causationId }),
  data: { ...event.data },
  leafHash: event.leafHash.toString('hex'),
});
