import type { Position, RecordedEvent } from '@cartulary/ledger';

export interface EventFilter {
  readonly stream?: string | undefined;
  readonly type?: string | undefined;
}

export interface EventPage {
  readonly events: readonly RecordedEvent[];
  /** Everything up to here is in a page or passed over. */
  readonly next: Position;
}

export const matches = ({ stream, type }: EventFilter, event: RecordedEvent): boolean =>
  (stream === undefined || event.stream === stream) && (type === undefined || event.type === type);
