import Type, { type Static } from 'typebox';
import { LedgerEvent } from './ledger.js';
import { defineRoute } from './route.js';
import { closed, Position, Timestamp } from './values.js';

const Id = Type.String({
  description: '`<group>/<position>`; percent-encoded in a path',
  pattern: '^[a-z][a-z0-9-]*/.+$',
  maxLength: 512,
  examples: ['inventory/4711'],
});
const Group = Type.String({ description: 'Of consumers', pattern: '^[a-z][a-z0-9-]*$', maxLength: 128 });

const fields = {
  id: Id,
  group: Group,
  service: Type.String({ description: 'Who can replay it', maxLength: 128, examples: ['inventory'] }),
  replayable: Type.Boolean({ description: 'By the service that answers' }),
  position: Type.Optional(Position),
  stream: Type.String({ maxLength: 2200 }),
  type: Type.String({ maxLength: 128 }),
  reason: Type.String({ description: 'Why the last attempt failed', maxLength: 1024 }),
  attempts: Type.Integer({ minimum: 1 }),
  setAsideAt: Timestamp,
};
export const DeadLetter = closed(fields, { title: 'DeadLetter' });
export type DeadLetter = Static<typeof DeadLetter>;

export const FullDeadLetter = closed({ ...fields, event: Type.Optional(LedgerEvent) }, { title: 'FullDeadLetter' });
export type FullDeadLetter = Static<typeof FullDeadLetter>;

const tag = 'operations';
const params = closed({ id: Id });

export const listDeadLetters = defineRoute({
  operationId: 'listDeadLetters',
  method: 'GET',
  path: '/v1/dead-letters',
  permission: 'dead-letters:read',
  tag,
  summary: 'List dead letters',
  description:
    'Events that a consumer could not handle and has set aside, in the order of positions. Every service with a ledger knows those of all.',
  query: closed({ group: Type.Optional(Group) }),
  responses: { 200: closed({ deadLetters: Type.Array(DeadLetter) }) },
});

export const getDeadLetter = defineRoute({
  operationId: 'getDeadLetter',
  method: 'GET',
  path: '/v1/dead-letters/{id}',
  permission: 'dead-letters:read',
  tag,
  summary: 'Show a dead letter',
  description: 'With the event as it stands in the ledger.',
  params,
  responses: { 200: FullDeadLetter },
  problems: ['DEAD_LETTER_NOT_FOUND'],
});

export const replayDeadLetter = defineRoute({
  operationId: 'replayDeadLetter',
  method: 'POST',
  path: '/v1/dead-letters/{id}/replay',
  permission: 'dead-letters:write',
  tag,
  summary: 'Replay a dead letter',
  description:
    'Handles the event again, in the service that consumes it, and forgets the dead letter when that succeeds. Answers with what it was.',
  params,
  responses: { 200: DeadLetter },
  problems: ['DEAD_LETTER_NOT_FOUND', 'DEAD_LETTER_ELSEWHERE', 'DEAD_LETTER_STILL_FAILS'],
});
