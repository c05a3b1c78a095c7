import Type, { type Static } from 'typebox';
import { defineRoute } from './route.js';
import { RevocationReason } from '../events/values.js';
import { AsOf, closed, Comment, Cursor, IssuerId, Limit, Pem, Position, Serial, Timestamp } from './values.js';

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
    status: Type.Enum(['prepared', 'active', 'retiring', 'retired', 'compromised']),
    imported: Type.Boolean(),
    keyAlgorithm: Type.String({ maxLength: 32 }),
    parent: Type.Optional(IssuerId),
    notBefore: Timestamp,
    notAfter: Timestamp,
    activatedAt: Type.Optional(Timestamp),
    successor: Type.Optional(Type.String({ ...IssuerId, description: 'Who issues in its place' })),
    expiredAt: Type.Optional(
      Type.String({ ...Timestamp, description: 'Since when none of its certificates is valid' }),
    ),
    revocation: Type.Optional(
      closed({ reason: RevocationReason, revokedAt: Timestamp, invalidityDate: Type.Optional(Timestamp) }),
    ),
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

const IssuerParams = closed({ issuerId: IssuerId });

export const getIssuer = defineRoute({
  operationId: 'getIssuer',
  method: 'GET',
  path: '/v1/issuers/{issuerId}',
  permission: 'issuers:read',
  tag: 'issuers',
  summary: 'Show an issuer',
  description: 'Its certificate, its state and its newest CRL.',
  params: IssuerParams,
  query: closed({ asOf: AsOf }),
  responses: { 200: Issuer },
  problems: ['ISSUER_NOT_FOUND', 'INVALID_VALUE', 'AS_OF_BEYOND_HEAD'],
});

export const IssuerRotation = closed(
  {
    issuerId: IssuerId,
    step: Type.Enum(['prepared', 'activated']),
    successor: Type.String({ ...IssuerId, description: 'Who issues from now on; once `prepared`, who will' }),
    readyAt: Type.Optional(
      Type.String({ ...Timestamp, description: 'Of one that was prepared: before that the next step is refused' }),
    ),
    position: Position,
  },
  { title: 'IssuerRotation' },
);
export type IssuerRotation = Static<typeof IssuerRotation>;

export const rotateIssuer = defineRoute({
  operationId: 'rotateIssuer',
  method: 'POST',
  path: '/v1/issuers/{issuerId}/rotation',
  permission: 'issuers:write',
  tag: 'issuers',
  summary: 'Change the epoch now, or take the next step of a root’s rotation',
  description:
    'The issuer that was prepared ahead issues in place of this one, whose certificates stay good until they end. Refused before the successor’s first CRL is out and its lead time has passed. A repeat changes nothing. For roots and intermediates none is prepared ahead: the first order makes it, and a root stands in the trust bundle from then on; the next order, refused until its lead time (CARTULARY_ROOT_LEAD for roots) has passed, activates it. An intermediate that was made is activated also without being told.',
  params: IssuerParams,
  responses: { 200: IssuerRotation },
  problems: ['ISSUER_NOT_FOUND', 'ISSUER_NOT_ACTIVE', 'ISSUER_NOT_READY'],
  idempotent: true,
});

export const IssuerRevocationRequest = closed(
  {
    reason: Type.Optional(
      Type.Enum(RevocationReason.enum, {
        default: 'cACompromise',
        description: 'RFC 5280, section 5.3.1; cACompromise unless another is given',
      }),
    ),
    invalidityDate: Type.Optional(Timestamp),
    comment: Type.Optional(Comment),
  },
  { title: 'IssuerRevocationRequest' },
);
export type IssuerRevocationRequest = Static<typeof IssuerRevocationRequest>;

export const IssuerRevocation = closed(
  {
    issuerId: IssuerId,
    serial: Type.String({ ...Serial, description: 'Of the issuer’s certificate, as it stands on its parent’s CRL' }),
    parent: Type.Optional(
      Type.String({ ...IssuerId, description: 'On whose CRL; without it, the CA elsewhere has to list it' }),
    ),
    reason: RevocationReason,
    revokedAt: Timestamp,
    invalidityDate: Type.Optional(Timestamp),
    successor: Type.Optional(Type.String({ ...IssuerId, description: 'Who issues in its place' })),
    position: Position,
  },
  { title: 'IssuerRevocation' },
);
export type IssuerRevocation = Static<typeof IssuerRevocation>;

export const revokeIssuer = defineRoute({
  operationId: 'revokeIssuer',
  method: 'POST',
  path: '/v1/issuers/{issuerId}/revocation',
  permission: 'issuers:write',
  tag: 'issuers',
  summary: 'Cut off an issuer and its whole epoch',
  description:
    'Final. Its certificate goes on its parent’s CRL, OCSP says revoked of all its certificates, none of them is a credential here, and it issues nothing more. The issuer that was prepared ahead takes its place at once. A repeat changes nothing, but a compromise replaces a harmless reason.',
  params: IssuerParams,
  body: Type.Optional(IssuerRevocationRequest),
  responses: { 201: IssuerRevocation },
  problems: ['INVALID_VALUE', 'INVALIDITY_DATE_IN_FUTURE', 'ISSUER_NOT_FOUND', 'ISSUER_NOT_REVOCABLE'],
  idempotent: true,
});

export const IssuerRetirement = closed(
  {
    issuerId: IssuerId,
    status: Type.Enum(['retiring', 'retired'], { description: '`retired` once its final CRL is out' }),
    expiredAt: Timestamp,
    position: Position,
  },
  { title: 'IssuerRetirement' },
);
export type IssuerRetirement = Static<typeof IssuerRetirement>;

export const retireIssuer = defineRoute({
  operationId: 'retireIssuer',
  method: 'POST',
  path: '/v1/issuers/{issuerId}/retirement',
  permission: 'issuers:write',
  tag: 'issuers',
  summary: 'Let an old root go',
  description:
    'The last step of a root’s rotation. Refused while any issuer below it is not retired. Its final CRL is published, then it leaves the trust bundle and its key is destroyed. Intermediates and issuers retire by themselves. A repeat changes nothing.',
  params: IssuerParams,
  responses: { 200: IssuerRetirement },
  problems: ['ISSUER_NOT_FOUND', 'EPOCH_NOT_OVER'],
  idempotent: true,
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
