import Type, { type Static } from 'typebox';
import { defineRoute } from './route.js';
import { closed, Limit, Position, Timestamp } from './values.js';

export const LedgerEvent = closed(
  {
    position: Position,
    stream: Type.String({ maxLength: 2200 }),
    version: Type.Integer({ minimum: 1 }),
    type: Type.String({ maxLength: 128, examples: ['CertificateIssued'] }),
    schemaVersion: Type.Integer({ minimum: 1 }),
    id: Type.String({ description: 'UUIDv7', format: 'uuid' }),
    recordedAt: Timestamp,
    committedAt: Timestamp,
    actor: closed({
      id: Type.String({ maxLength: 2048 }),
      credential: Type.String({ description: 'certificate:<serial>, token:<id> or system', maxLength: 2048 }),
    }),
    correlationId: Type.String({ maxLength: 128 }),
    causationId: Type.Optional(Type.String({ maxLength: 128 })),
    data: Type.Record(Type.String(), Type.Unknown(), { description: 'By type; see the event catalogue' }),
    leafHash: Type.String({
      description: 'RFC 9162 leaf hash of the envelope, lower-case hex',
      pattern: '^[0-9a-f]{64}$',
    }),
  },
  { title: 'LedgerEvent' },
);
export type LedgerEvent = Static<typeof LedgerEvent>;

export const listEvents = defineRoute({
  operationId: 'listEvents',
  method: 'GET',
  path: '/v1/ledger/events',
  permission: 'ledger:read',
  tag: 'ledger',
  summary: 'Read the ledger',
  description:
    'Events after a position, in order. `next` is the `after` of the next request; events that a filter leaves out are passed over. With `wait`, an empty answer is held back until something comes or the time is over.',
  query: closed({
    after: Type.Optional(Type.Integer({ description: 'Events behind this position', minimum: 0, default: 0 })),
    stream: Type.Optional(Type.String({ description: 'Only this stream', minLength: 1, maxLength: 2200 })),
    type: Type.Optional(Type.String({ description: 'Only this type', pattern: '^[A-Za-z]{1,128}$' })),
    limit: Limit,
    wait: Type.Optional(Type.Integer({ description: 'Seconds', minimum: 0, maximum: 30, default: 0 })),
  }),
  responses: {
    200: closed({
      events: Type.Array(LedgerEvent),
      next: Position,
      position: Type.Integer({ description: 'The ledger’s newest position', minimum: 0 }),
    }),
  },
});
