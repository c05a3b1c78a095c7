import Type, { type Static } from 'typebox';
import { defineRoute } from './route.js';
import { AsOf, closed, Cursor, Grant, Limit, Namespace, Position, SpiffeId, Timestamp } from './values.js';

const status = Type.Enum(['active', 'suspended']);
export const Identity = closed(
  {
    id: SpiffeId,
    kind: Type.Enum(['workload', 'system']),
    namespace: Type.Optional(Namespace),
    serviceAccount: Type.Optional(Type.String({ maxLength: 253 })),
    status,
    grant: Type.Optional(Grant),
    registeredAt: Timestamp,
    suspendedAt: Type.Optional(Timestamp),
    position: Position,
  },
  { title: 'Identity' },
);
export type Identity = Static<typeof Identity>;

const tag = 'identities';
const params = closed({
  id: Type.String({ description: 'The whole SPIFFE ID, percent-encoded', pattern: '^spiffe://', maxLength: 2048 }),
});

export const registerIdentity = defineRoute({
  operationId: 'registerIdentity',
  method: 'POST',
  path: '/v1/identities',
  permission: 'identities:write',
  tag,
  summary: 'Register an identity',
  description: 'A grant is for system identities: what they may do here.',
  body: closed({ id: SpiffeId, grant: Type.Optional(Grant) }),
  responses: { 201: Identity },
  problems: ['INVALID_VALUE', 'IDENTITY_ALREADY_REGISTERED'],
  idempotent: true,
});

export const listIdentities = defineRoute({
  operationId: 'listIdentities',
  method: 'GET',
  path: '/v1/identities',
  permission: 'identities:read',
  tag,
  summary: 'List identities',
  description: 'In the order of their ids.',
  query: closed({
    namespace: Type.Optional(Namespace),
    status: Type.Optional(status),
    asOf: AsOf,
    limit: Limit,
    cursor: Cursor,
  }),
  responses: {
    200: closed({
      identities: Type.Array(Identity),
      nextCursor: Type.Optional(Type.String({ maxLength: 1024 })),
      position: Position,
    }),
  },
  problems: ['INVALID_VALUE', 'AS_OF_BEYOND_HEAD'],
});

export const getIdentity = defineRoute({
  operationId: 'getIdentity',
  method: 'GET',
  path: '/v1/identities/{id}',
  permission: 'identities:read',
  tag,
  summary: 'Show an identity',
  description: 'Its state and grant.',
  params,
  query: closed({ asOf: AsOf }),
  responses: { 200: Identity },
  problems: ['INVALID_VALUE', 'IDENTITY_NOT_REGISTERED', 'AS_OF_BEYOND_HEAD'],
});

export const suspendIdentity = defineRoute({
  operationId: 'suspendIdentity',
  method: 'POST',
  path: '/v1/identities/{id}/suspension',
  permission: 'identities:write',
  tag,
  summary: 'Suspend an identity',
  description:
    'Once this is answered, no certificate is issued for it by any replica. Its certificates stay valid: revoke them too where that is meant.',
  params,
  responses: { 200: Identity },
  problems: ['INVALID_VALUE', 'IDENTITY_NOT_REGISTERED'],
  idempotent: true,
});

export const reinstateIdentity = defineRoute({
  operationId: 'reinstateIdentity',
  method: 'DELETE',
  path: '/v1/identities/{id}/suspension',
  permission: 'identities:write',
  tag,
  summary: 'Reinstate a suspended identity',
  description: 'Certificates are issued for it again.',
  params,
  responses: { 200: Identity },
  problems: ['INVALID_VALUE', 'IDENTITY_NOT_REGISTERED', 'IDENTITY_NOT_SUSPENDED'],
  idempotent: true,
});
