import { randomUUID } from 'node:crypto';
import type { DomainEvent } from '@cartulary/domain';
import type { Ledger, RecordedEvent } from '@cartulary/ledger';

export const NOON = '2026-11-22T12:00:00.000Z';

export type StreamEvent = DomainEvent & { readonly stream: string };

/** On top of what is there. */
export const appendTo = async (
  ledger: Ledger,
  ...events: readonly StreamEvent[]
): Promise<readonly RecordedEvent[]> => {
  const streams = [...new Set(events.map(({ stream }) => stream))];
  const heads = await ledger.heads(streams);
  const appended = await ledger.append({
    expectations: streams.map((stream) => ({ stream, version: heads.get(stream) ?? 0 })),
    events: events.map(({ stream, type, data }) => ({ stream, type, data: data as object })),
    actor: { id: 'token/test', credential: 'token:abcdef012345' },
    correlationId: randomUUID(),
    recordedAt: NOON,
  });
  return appended.events;
};
