import Type, { type Static } from 'typebox';
import { permissions } from './permissions.js';
import { defineRoute } from './route.js';
import { closed, Cursor, Limit, Namespaces, NodeName, Position, Role, Timestamp, TokenId, Ttl } from './values.js';

export const Token = closed(
  {
    tokenId: TokenId,
    name: Type.String({ maxLength: 128 }),
    role: Role,
    namespaces: Type.Optional(Namespaces),
    node: Type.Optional(NodeName),
    status: Type.Enum(['active', 'revoked', 'spent', 'expired']),
    createdAt: Timestamp,
    expiresAt: Timestamp,
    revokedAt: Type.Optional(Timestamp),
    spentAt: Type.Optional(Timestamp),
    position: Position,
  },
  { title: 'Token' },
);
export type Token = Static<typeof Token>;

export const CreatedToken = closed(
  { ...Token.properties, token: Type.String({ description: 'Shown here and never again', maxLength: 256 }) },
  { title: 'CreatedToken' },
);
export type CreatedToken = Static<typeof CreatedToken>;

export const createToken = defineRoute({
  operationId: 'createToken',
  method: 'POST',
  path: '/v1/tokens',
  permission: 'tokens:write',
  tag: 'tokens',
  summary: 'Create an API token',
  description:
    'The answer holds the token, which is kept nowhere: it cannot be shown again, so this takes no Idempotency-Key.',
  body: closed(
    {
      name: Type.String({ minLength: 1, maxLength: 128, pattern: '^[A-Za-z0-9](?:[A-Za-z0-9 ._@/-]*[A-Za-z0-9])?$' }),
      role: Role,
      namespaces: Type.Optional(Namespaces),
      ttl: Ttl,
    },
    { title: 'TokenRequest' },
  ),
  responses: { 201: CreatedToken },
  problems: ['INVALID_VALUE', 'TTL_TOO_LONG'],
});

export const createJoinToken = defineRoute({
  operationId: 'createJoinToken',
  method: 'POST',
  path: '/v1/join-tokens',
  permission: 'tokens:write',
  tag: 'tokens',
  summary: 'Create a join token for a node',
  description:
    'The node’s agent turns it into its first certificate, over gRPC and once; it opens nothing else. The answer holds the token, which is kept nowhere: it cannot be shown again, so this takes no Idempotency-Key. It is listed and revoked as other tokens are.',
  body: closed({ node: NodeName, ttl: Type.Optional(Ttl) }, { title: 'JoinTokenRequest' }),
  responses: { 201: CreatedToken },
  problems: ['INVALID_VALUE', 'TTL_TOO_LONG'],
});

export const listTokens = defineRoute({
  operationId: 'listTokens',
  method: 'GET',
  path: '/v1/tokens',
  permission: 'tokens:read',
  tag: 'tokens',
  summary: 'List API tokens',
  description: 'Newest first, without the tokens themselves.',
  query: closed({ limit: Limit, cursor: Cursor }),
  responses: {
    200: closed({
      tokens: Type.Array(Token),
      nextCursor: Type.Optional(Type.String({ maxLength: 1024 })),
      position: Position,
    }),
  },
});

export const revokeToken = defineRoute({
  operationId: 'revokeToken',
  method: 'DELETE',
  path: '/v1/tokens/{tokenId}',
  permission: 'tokens:write',
  tag: 'tokens',
  summary: 'Revoke an API token',
  description: 'It is refused from the next request on.',
  params: closed({ tokenId: TokenId }),
  responses: { 200: Token },
  problems: ['TOKEN_NOT_FOUND'],
  idempotent: true,
});

export const Caller = closed(
  {
    id: Type.String({ description: 'SPIFFE ID, or token/<name>', maxLength: 2048 }),
    kind: Type.Enum(['certificate', 'token']),
    credential: Type.String({ description: 'certificate:<serial> or token:<id>', maxLength: 256 }),
    trustDomain: Type.String({ maxLength: 253 }),
    role: Role,
    namespaces: Type.Optional(Namespaces),
    permissions: Type.Array(Type.Enum([...permissions])),
    expiresAt: Type.Optional(Timestamp),
  },
  { title: 'Caller' },
);
export type Caller = Static<typeof Caller>;

export const whoAmI = defineRoute({
  operationId: 'whoAmI',
  method: 'GET',
  path: '/v1/whoami',
  permission: 'self:read',
  tag: 'tokens',
  summary: 'Show who the caller is and what it may do',
  description: 'What the service made of the client certificate or the bearer token.',
  responses: { 200: Caller },
});
