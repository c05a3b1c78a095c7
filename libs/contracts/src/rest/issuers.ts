import Type, { type Static } from 'typebox';
import { defineRoute } from './route.js';
import { AsOf, closed, Cursor, IssuerId, Limit, Pem, Position, Timestamp } from './values.js';

export const IssuerPurpose = Type.Enum(['root', 'intermediate', 'workload', 'server', 'system-root', 'system']);

export const PublishedCrl = closed(
  {
    number: Position,
    thisUpdate: Timestamp,
    nextUpdate: Timestamp,
    entries: Type.Integer({ minimum: 0 }),
    size: Type.Integer({ description: 'Octets', minimum: 0 }),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    publishedAt: Timestamp,
  },
  { title: 'PublishedCrl' },
);

export const Issuer = closed(
  {
    issuerId: IssuerId,
    purpose: IssuerPurpose,
    epoch: Type.Integer({ minimum: 1 }),
    name: Type.String({ maxLength: 256 }),
    status: Type.Enum(['prepared', 'active', 'retired']),
    imported: Type.Boolean(),
    keyAlgorithm: Type.String({ maxLength: 32 }),
    parent: Type.Optional(IssuerId),
    notBefore: Timestamp,
    notAfter: Timestamp,
    certificate: Pem('The issuer’s certificate'),
    chain: Pem('From its own issuer up to below the root; empty for a root and right below it'),
    crlUrl: Type.Optional(Type.String({ maxLength: 2048 })),
    crl: Type.Optional(PublishedCrl),
    position: Position,
  },
  { title: 'Issuer' },
);
export type Issuer = Static<typeof Issuer>;

export const listIssuers = defineRoute({
  operationId: 'listIssuers',
  method: 'GET',
  path: '/v1/issuers',
  permission: 'issuers:read',
  tag: 'issuers',
  summary: 'List issuers',
  description: 'Every CA of the trust domain, roots first, with the newest CRL of each.',
  query: closed({ purpose: Type.Optional(IssuerPurpose), asOf: AsOf, limit: Limit, cursor: Cursor }),
  responses: {
    200: closed({
      issuers: Type.Array(Issuer),
      nextCursor: Type.Optional(Type.String({ maxLength: 1024 })),
      position: Position,
    }),
  },
  problems: ['INVALID_VALUE', 'AS_OF_BEYOND_HEAD'],
});

export const getIssuer = defineRoute({
  operationId: 'getIssuer',
  method: 'GET',
  path: '/v1/issuers/{issuerId}',
  permission: 'issuers:read',
  tag: 'issuers',
  summary: 'Show an issuer',
  description: 'Its certificate, its state and its newest CRL.',
  params: closed({ issuerId: IssuerId }),
  query: closed({ asOf: AsOf }),
  responses: { 200: Issuer },
  problems: ['ISSUER_NOT_FOUND', 'INVALID_VALUE', 'AS_OF_BEYOND_HEAD'],
});

const Anchor = closed({ issuerId: IssuerId, notBefore: Timestamp, notAfter: Timestamp, certificate: Pem('The root') });

export const TrustBundle = closed(
  {
    trustDomain: Type.String({ maxLength: 253 }),
    roots: Type.Array(Anchor, { description: 'What mesh proxies trust' }),
    systemRoots: Type.Array(Anchor, { description: 'What our own doors trust for operators, agents and services' }),
    pem: Pem('The roots, concatenated'),
    position: Position,
  },
  { title: 'TrustBundle' },
);
export type TrustBundle = Static<typeof TrustBundle>;

export const getTrustBundle = defineRoute({
  operationId: 'getTrustBundle',
  method: 'GET',
  path: '/v1/trust-bundle',
  permission: 'issuers:read',
  tag: 'issuers',
  summary: 'Read the trust bundle',
  description: 'The roots of the trust domain. Relying parties read `/bundle.json` on the public side.',
  responses: { 200: TrustBundle },
});
