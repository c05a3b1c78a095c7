import Type, { type Static } from 'typebox';
import { defineRoute } from './route.js';
import { closed, IssuerId, NodeName, Position, Serial, Timestamp } from './values.js';

const count = Type.Integer({ minimum: 0 });
const milliseconds = Type.Optional(Type.Number({ description: 'Milliseconds after `since`', minimum: 0 }));
const Reached = closed({ proxies: count, p50: milliseconds, p99: milliseconds });

const Straggler = closed({
  node: NodeName,
  proxy: Type.Optional(Type.String({ maxLength: 128 })),
  context: Type.Optional(Type.String({ description: 'A listener or cluster of the proxy', maxLength: 128 })),
  why: Type.Enum(['away', 'not-delivered', 'not-enforced', 'rejected', 'canary-accepted'], {
    description:
      'away: the agent holds no stream, so nobody can say what its proxies do. The others are of one listener or cluster, or of a node that has said nothing. not-enforced: it was not seen to refuse a canary. canary-accepted: it was seen to let one in',
  }),
  since: Type.Optional(Timestamp),
});

export const Enforcement = closed(
  {
    issuerId: IssuerId,
    serial: Type.Optional(Serial),
    number: Position,
    since: Timestamp,
    nodes: closed({ known: count, present: count }),
    proxies: count,
    delivered: Reached,
    enforced: Reached,
    stragglers: Type.Array(Straggler),
    moreStragglers: count,
  },
  {
    title: 'Enforcement',
    description:
      'Which proxies have a CRL, and which were seen to enforce it. `number`: that CRL or a newer one counts. `since`: when it was decided, by the ledger’s clock, as all times here. A proxy has it when each of its listeners and clusters has',
  },
);
export type Enforcement = Static<typeof Enforcement>;

export const getEnforcement = defineRoute({
  operationId: 'getEnforcement',
  method: 'GET',
  path: '/v1/enforcement/{reference}',
  permission: 'enforcement:read',
  tag: 'publications',
  summary: 'Show which proxies enforce a CRL, or a revocation',
  description:
    'By the number of a CRL (decimal, at most 15 digits), or the serial of a certificate that is revoked or held. Delivered is not enforced: the first is what a proxy has confirmed, the second what it was seen to do. For grants of all namespaces.',
  params: closed({
    reference: Type.String({
      description: 'Number of a CRL, or serial of a revoked certificate',
      pattern: '^(?:0[xX])?[0-9A-Fa-f:]{1,64}$',
      maxLength: 66,
      examples: ['4712'],
    }),
  }),
  responses: { 200: Enforcement },
  problems: ['INVALID_VALUE', 'PUBLICATION_NOT_FOUND', 'CERTIFICATE_NOT_FOUND', 'CERTIFICATE_NOT_REVOKED'],
});
