import Type, { type Static } from 'typebox';
import { defineRoute } from './route.js';
import {
  closed,
  Cursor,
  IssuerId,
  Limit,
  Namespace,
  Position,
  Serial,
  SerialInput,
  SpiffeId,
  Timestamp,
  Ttl,
} from './values.js';

export const RotationId = Type.String({
  description: 'Name of an ordered rotation',
  pattern: '^[0-9a-z]{12}$',
  examples: ['r7c1t0p4w9xz'],
});

const reason = Type.Optional(
  Type.String({ description: 'Kept beside the ledger, where it can be erased', minLength: 1, maxLength: 1024 }),
);

export const RotationRequest = closed(
  {
    identity: Type.Optional(SpiffeId),
    namespace: Type.Optional(Namespace),
    issuerId: Type.Optional(IssuerId),
    serials: Type.Optional(Type.Array(SerialInput, { minItems: 1, maxItems: 1000, uniqueItems: true })),
    window: Type.Optional(
      Type.Union(Ttl.anyOf, {
        description:
          'How long the certificates’ turns are spread over, from now: whole seconds, or for example 90s, 30m, 24h',
        default: '10m',
      }),
    ),
    reason,
  },
  {
    title: 'RotationRequest',
    description: 'Exactly one of identity, namespace, issuerId and serials',
    oneOf: ['identity', 'namespace', 'issuerId', 'serials'].map((name) => ({ required: [name] })),
  },
);
export type RotationRequest = Static<typeof RotationRequest>;

const count = (description: string) => Type.Integer({ description, minimum: 0 });

export const Rotation = closed(
  {
    rotationId: RotationId,
    status: Type.Enum(['ordered', 'running', 'completed'], {
      description: '`ordered` until its certificates are counted, `completed` when none remains',
    }),
    selector: closed({
      identity: Type.Optional(SpiffeId),
      namespace: Type.Optional(Namespace),
      issuerId: Type.Optional(IssuerId),
      serials: Type.Optional(Type.Array(Serial, { maxItems: 1000 })),
    }),
    window: closed({ start: Timestamp, end: Timestamp }, { description: 'Over which the turns are spread' }),
    reason,
    progress: closed({
      matched: count('Live certificates that the order meant; the sum of the last three'),
      due: count('Those whose turn has come so far'),
      replaced: count('Renewed'),
      ended: count('Revoked or expired without a successor'),
      remaining: count('Still to be renewed'),
    }),
    requester: Type.String({ description: 'Who ordered it', maxLength: 2048 }),
    orderedAt: Timestamp,
    completedAt: Type.Optional(Timestamp),
    position: Type.Integer({ description: 'Position of the order in the ledger', minimum: 0 }),
  },
  { title: 'Rotation' },
);
export type Rotation = Static<typeof Rotation>;

const tag = 'rotations';

export const orderRotation = defineRoute({
  operationId: 'orderRotation',
  method: 'POST',
  path: '/v1/rotations',
  permission: 'rotations:write',
  tag,
  summary: 'Have certificates replaced',
  description:
    'Every live certificate that matches at this moment shall be renewed, each at its own turn within the window: its `renewalWindow` begins then, unless it has begun already. Responders’ own certificates are left out. What is issued later is not meant, and a new certificate without the link of a renewal replaces nothing.',
  body: RotationRequest,
  responses: { 201: Rotation },
  problems: ['INVALID_VALUE', 'CERTIFICATE_NOT_FOUND', 'ISSUER_NOT_FOUND'],
  idempotent: true,
});

export const listRotations = defineRoute({
  operationId: 'listRotations',
  method: 'GET',
  path: '/v1/rotations',
  permission: 'rotations:read',
  tag,
  summary: 'List rotations',
  description: 'Newest first, without reasons. Orders by serials or issuer are shown to those who see all namespaces.',
  query: closed({
    status: Type.Optional(Type.Enum(['open', 'completed'], { description: '`open`: not completed yet' })),
    limit: Limit,
    cursor: Cursor,
  }),
  responses: {
    200: closed({
      rotations: Type.Array(Rotation),
      nextCursor: Type.Optional(Type.String({ maxLength: 1024 })),
      position: Position,
    }),
  },
});

export const getRotation = defineRoute({
  operationId: 'getRotation',
  method: 'GET',
  path: '/v1/rotations/{rotationId}',
  permission: 'rotations:read',
  tag,
  summary: 'Show a rotation',
  description: 'With its progress and its reason.',
  params: closed({ rotationId: RotationId }),
  responses: { 200: Rotation },
  problems: ['ROTATION_NOT_FOUND'],
});
