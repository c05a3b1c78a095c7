import Type, { type Static } from 'typebox';
import { PublishedCrl } from './issuers.js';
import { defineRoute } from './route.js';
import { closed, Cursor, IssuerId, Limit, Position } from './values.js';

export const Publication = closed(
  {
    kind: Type.Enum(['crl']),
    issuerId: IssuerId,
    ...PublishedCrl.properties,
    position: Position,
  },
  { title: 'Publication' },
);
export type Publication = Static<typeof Publication>;

export const listPublications = defineRoute({
  operationId: 'listPublications',
  method: 'GET',
  path: '/v1/publications',
  permission: 'issuers:read',
  tag: 'issuers',
  summary: 'List publications',
  description:
    'Every CRL that was published, newest first: number, dates, entries and hash. The CRLs themselves are on the public side.',
  query: closed({ issuerId: Type.Optional(IssuerId), limit: Limit, cursor: Cursor }),
  responses: {
    200: closed({
      publications: Type.Array(Publication),
      nextCursor: Type.Optional(Type.String({ maxLength: 1024 })),
      position: Position,
    }),
  },
});
