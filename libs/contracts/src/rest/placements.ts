import Type, { type Static } from 'typebox';
import { defineRoute } from './route.js';
import { closed, NodeName, Position, SpiffeId, Timestamp } from './values.js';

const id = Type.Integer({ minimum: 0, maximum: 0xffff_ffff });
export const Selector = closed(
  {
    uid: Type.Optional(id),
    gid: Type.Optional(id),
    path: Type.Optional(
      Type.String({ description: 'Absolute path of the executable', pattern: '^/', maxLength: 1024 }),
    ),
  },
  { title: 'Selector', description: 'Fits a process that has everything that is set; set one at least' },
);
export const Placement = closed(
  {
    identity: SpiffeId,
    node: NodeName,
    selectors: Type.Array(Selector, { maxItems: 16 }),
    placedAt: Timestamp,
    position: Position,
  },
  { title: 'Placement', description: 'One identity on one node' },
);
export type Placement = Static<typeof Placement>;

const tag = 'identities';
const path = '/v1/identities/{id}/placements';
const identity = {
  id: Type.String({ description: 'The whole SPIFFE ID, percent-encoded', pattern: '^spiffe://', maxLength: 2048 }),
};

export const placeIdentity = defineRoute({
  operationId: 'placeIdentity',
  method: 'POST',
  path,
  permission: 'identities:write',
  tag,
  summary: 'Place an identity on a node',
  description:
    'From then on the node’s agent may ask for it, for processes that fit one of the selectors. Replaces what was said of this node before.',
  params: closed(identity),
  body: closed({ node: NodeName, selectors: Type.Array(Selector, { maxItems: 16 }) }, { title: 'PlacementRequest' }),
  responses: { 201: Placement },
  problems: ['INVALID_VALUE', 'IDENTITY_NOT_REGISTERED', 'IDENTITY_NOT_PLACEABLE'],
  idempotent: true,
});

export const listPlacements = defineRoute({
  operationId: 'listPlacements',
  method: 'GET',
  path,
  permission: 'identities:read',
  tag,
  summary: 'List the nodes that an identity is placed on',
  description: 'In the order of the nodes’ names, at most 10 000.',
  params: closed(identity),
  responses: { 200: closed({ placements: Type.Array(Placement), position: Position }) },
  problems: ['INVALID_VALUE'],
});

export const displaceIdentity = defineRoute({
  operationId: 'displaceIdentity',
  method: 'DELETE',
  path: `${path}/{node}`,
  permission: 'identities:write',
  tag,
  summary: 'Take an identity off a node',
  description:
    'Once this is answered, the node’s agent gets no certificate for it. What the node has stays valid: revoke it too where that is meant.',
  params: closed({ ...identity, node: NodeName }),
  responses: { 200: closed({ identity: SpiffeId, node: NodeName }, { title: 'Displacement' }) },
  problems: ['INVALID_VALUE'],
  idempotent: true,
});
