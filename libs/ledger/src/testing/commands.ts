import { randomUUID } from 'node:crypto';
import { type AppendCommand, type Expectation, type Idempotency, type NewEvent, type StreamName } from '../types.js';

export const RECORDED_AT = '2026-03-01T12:00:00.000Z';

export const newStream = (): StreamName => `certificate-${randomUUID()}`;

/** An event of no particular meaning. */
export const noted = (stream: StreamName, data: object = {}, erasable?: Record<string, string>): NewEvent => ({
  stream,
  type: 'Noted',
  data,
  ...(erasable ? { erasable } : {}),
});

export const commandOf = (
  expectations: readonly Expectation[],
  events: readonly NewEvent[],
  idempotency?: Idempotency,
): AppendCommand => ({
  expectations,
  events,
  actor: { id: 'system:test', credential: 'system' },
  correlationId: 'correlation',
  recordedAt: RECORDED_AT,
  ...(idempotency ? { idempotency } : {}),
});

/** One event on one stream that is at `version`. */
export const noteAt = (stream: StreamName, version = 0, data: object = {}): AppendCommand =>
  commandOf([{ stream, version }], [noted(stream, data)]);
