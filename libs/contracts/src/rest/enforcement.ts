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
  why: Type.Enum(['away', 'not-delivered', 'not-enforced', 'rejected'], {
    description:
      'away: the agent holds no stream, so nobody can say what its proxies do. The others are of one listener or cluster, or of a node that has said nothing',
  }),
  since: Type.Optional(Timestamp),
});

export const Enforcement = closed(
  {
    issuerId: IssuerId,
    publication: Type.Optional(Position),
    serial: Type.Optional(Serial),
    since: Type.Object({}, { additionalProperties: false }),
    nodes: closed({ known: count, present: count }),
    proxies: count,
    delivered: Reached,
    enforced: Reached,
    stragglers: Type.Array(Straggler),
    moreStragglers: count,
  },
  { title: 'Enforcement' },
);
export type Enforcement = Static<typeof Enforcement>;
