import Type, { type Static } from 'typebox';
import { defineRoute } from './route.js';
import { closed, Position, Timestamp } from './values.js';

const Checksum = Type.String({
  description: 'Of the rows, whatever their order; to be compared, not to be kept',
  pattern: '^[0-9a-f]{64}$',
});
const Rows = Type.Integer({ minimum: 0 });

export const ProjectionGeneration = closed(
  {
    generation: Type.Integer({ description: 'Counts the projection’s builds: 1, 2, 3, …', minimum: 1 }),
    status: Type.Enum(['building', 'following', 'active', 'retired', 'dropped', 'failed'], {
      description:
        '`building` reads the ledger; `following` is complete and waits for the switch; `active` is asked; `retired` is about to be dropped',
    }),
    version: Type.Integer({ description: 'Of the code that it is made by', minimum: 0 }),
    reason: Type.Enum(['first', 'ordered', 'version']),
    startedBy: Type.String({ maxLength: 2048 }),
    startedAt: Timestamp,
    position: Position,
    events: Type.Integer({ description: 'Read while it was built', minimum: 0 }),
    eventsPerSecond: Type.Optional(Type.Number({ minimum: 0 })),
    skipped: Type.Array(Position, { description: 'Events that could not be folded while it was built' }),
    builtAt: Type.Optional(Timestamp),
    switchedAt: Type.Optional(Timestamp),
    comparison: Type.Optional(
      closed(
        {
          position: Position,
          same: Type.Boolean(),
          tables: Type.Array(
            closed({
              table: Type.String({ maxLength: 64 }),
              rows: Rows,
              checksum: Checksum,
              previousRows: Rows,
              previousChecksum: Checksum,
            }),
          ),
        },
        { description: 'With the generation before it, both as of one position, just before the switch' },
      ),
    ),
    failure: Type.Optional(Type.String({ maxLength: 1024 })),
  },
  { title: 'ProjectionGeneration' },
);
export type ProjectionGeneration = Static<typeof ProjectionGeneration>;

export const Projection = closed(
  {
    name: Type.String({ maxLength: 64, examples: ['inventory'] }),
    version: Type.Integer({ description: 'Of the code of the service that answers', minimum: 1 }),
    position: Position,
    lag: Type.Integer({ description: 'Events of the ledger that it does not know yet', minimum: 0 }),
    generations: Type.Array(ProjectionGeneration, { description: 'Newest first' }),
  },
  { title: 'Projection' },
);
export type Projection = Static<typeof Projection>;

export const listProjections = defineRoute({
  operationId: 'listProjections',
  method: 'GET',
  path: '/v1/projections',
  permission: 'projections:read',
  tag: 'operations',
  summary: 'List projections',
  description: 'What lists are answered from, how far it knows, and how it was built.',
  responses: { 200: closed({ projections: Type.Array(Projection) }) },
});

export const rebuildProjection = defineRoute({
  operationId: 'rebuildProjection',
  method: 'POST',
  path: '/v1/projections/{name}/rebuild',
  permission: 'projections:write',
  tag: 'operations',
  summary: 'Build a projection anew',
  description:
    'From the ledger, beside the one that goes on answering; then both are compared and the new one takes over at once. Answers when it has begun; `GET /v1/projections` tells how far it is.',
  params: closed({ name: Type.String({ pattern: '^[a-z]{1,64}$', examples: ['inventory'] }) }),
  responses: { 201: ProjectionGeneration },
  problems: ['PROJECTION_NOT_FOUND', 'PROJECTION_BEING_REBUILT'],
  idempotent: true,
});
