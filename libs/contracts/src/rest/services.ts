import Type, { type Static } from 'typebox';
import { defineRoute } from './route.js';
import { closed, Cursor, Limit, Namespace, Position, SpiffeId, Timestamp } from './values.js';

const Name = Type.String({
  description: 'Lower-case letters, digits and hyphens; in its namespace',
  pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$',
  maxLength: 63,
  examples: ['cart'],
});
const Port = Type.Integer({ minimum: 1, maximum: 65_535, examples: [8443] });
const Mode = Type.Enum(['disabled', 'permissive', 'strict'], {
  description: 'permissive: plain text is accepted beside mutual TLS',
});
const rule = {
  namespace: Namespace,
  name: Name,
  runs: Type.Array(SpiffeId, {
    description: 'Identities of its namespace that run it: a server that is none of these is not the service',
    minItems: 1,
    maxItems: 64,
  }),
  callers: Type.Array(SpiffeId, { description: 'Identities that may call it; nobody else may', maxItems: 1_024 }),
  port: Type.Optional(Port),
};

export const ServiceRequest = closed(
  {
    ...rule,
    enforced: Type.Optional(
      Type.Boolean({ description: 'False: a caller that is not named is reported, and let in', default: true }),
    ),
  },
  { title: 'ServiceRequest' },
);
export type ServiceRequest = Static<typeof ServiceRequest>;

export const Service = closed(
  { ...rule, enforced: Type.Boolean(), mutualTls: Mode, definedAt: Timestamp, position: Position },
  {
    title: 'Service',
    description:
      '`mutualTls` is what follows from the modes that are set: the narrowest, and the strictest of those that run it',
  },
);
export type Service = Static<typeof Service>;

const scope = {
  namespace: Type.Optional(Namespace),
  identity: Type.Optional(SpiffeId),
  port: Type.Optional(Port),
};
export const MutualTls = closed(
  { ...scope, mode: Mode, setAt: Timestamp, position: Position },
  {
    title: 'MutualTls',
    description: 'Of a namespace, of an identity, of an identity’s port; with none of these, of the mesh',
  },
);
export type MutualTls = Static<typeof MutualTls>;

const tag = 'services';
const path = '/v1/services';
const params = closed({ namespace: Namespace, name: Name });
const nextCursor = Type.Optional(Type.String({ maxLength: 1024 }));

export const defineService = defineRoute({
  operationId: 'defineService',
  method: 'POST',
  path,
  permission: 'services:write',
  tag,
  summary: 'Say who a service is and who may call it',
  description:
    'Replaces what was said of it before, and is told to the agents concerned at once. A grant for namespaces rules the services of these; callers may be of any.',
  body: ServiceRequest,
  responses: { 201: Service },
  problems: ['INVALID_VALUE'],
  idempotent: true,
});

export const listServices = defineRoute({
  operationId: 'listServices',
  method: 'GET',
  path,
  permission: 'services:read',
  tag,
  summary: 'List services',
  description: 'Those that the grant reaches, by namespace and name. May be a moment behind.',
  query: closed({ namespace: Type.Optional(Namespace), limit: Limit, cursor: Cursor }),
  responses: { 200: closed({ services: Type.Array(Service), nextCursor, position: Position }) },
});

export const getService = defineRoute({
  operationId: 'getService',
  method: 'GET',
  path: `${path}/{namespace}/{name}`,
  permission: 'services:read',
  tag,
  summary: 'Show a service',
  description: 'As the ledger has it now.',
  params,
  responses: { 200: Service },
  problems: ['INVALID_VALUE', 'SERVICE_NOT_FOUND'],
});

export const retireService = defineRoute({
  operationId: 'retireService',
  method: 'DELETE',
  path: `${path}/{namespace}/{name}`,
  permission: 'services:write',
  tag,
  summary: 'Retire a service',
  description: 'Nothing is said of it any more, and the agents concerned are told so at once.',
  params,
  responses: { 200: closed({ namespace: Namespace, name: Name }, { title: 'RetiredService' }) },
  problems: ['INVALID_VALUE', 'SERVICE_NOT_FOUND'],
  idempotent: true,
});

export const setMutualTls = defineRoute({
  operationId: 'setMutualTls',
  method: 'POST',
  path: '/v1/mutual-tls',
  permission: 'services:write',
  tag,
  summary: 'Set mutual TLS of the mesh, a namespace, an identity or its port',
  description:
    'The narrowest wins; where nothing is set, it is strict. The mesh’s is for administrators of everything.',
  body: closed({ ...scope, mode: Mode }, { title: 'MutualTlsRequest' }),
  responses: { 201: MutualTls },
  problems: ['INVALID_VALUE'],
  idempotent: true,
});

export const listMutualTls = defineRoute({
  operationId: 'listMutualTls',
  method: 'GET',
  path: '/v1/mutual-tls',
  permission: 'services:read',
  tag,
  summary: 'List what is set of mutual TLS',
  description: 'The mesh’s first, then namespaces’ and workloads’ that the grant reaches. May be a moment behind.',
  query: closed({ limit: Limit, cursor: Cursor }),
  responses: { 200: closed({ mutualTls: Type.Array(MutualTls), nextCursor, position: Position }) },
});

export const clearMutualTls = defineRoute({
  operationId: 'clearMutualTls',
  method: 'DELETE',
  path: '/v1/mutual-tls',
  permission: 'services:write',
  tag,
  summary: 'Take back what was set of mutual TLS',
  description: 'What is said of the next wider scope holds again. Without any query, the mesh’s.',
  query: closed(scope),
  responses: { 200: closed(scope, { title: 'MutualTlsScope' }) },
  problems: ['INVALID_VALUE'],
  idempotent: true,
});
