import Type, { type Static } from 'typebox';
import { defineRoute } from './route.js';
import { RotationId } from './rotations.js';
import {
  closed,
  Comment,
  CrlReason,
  Cursor,
  IssuerId,
  KeyHash,
  KeyHashInput,
  Limit,
  Namespace,
  NodeName,
  Position,
  Serial,
  SerialInput,
  SpiffeId,
  Timestamp,
  Ttl,
} from './values.js';

export const IncidentId = Type.String({
  description: 'Name of a declared incident',
  pattern: '^[0-9a-z]{12}$',
  examples: ['i4k8s2m0qz7d'],
});

const Reason = Type.Enum(
  CrlReason.enum.filter((reason) => reason !== 'certificateHold'),
  { description: 'RFC 5280, section 5.3.1; an incident puts nothing on hold' },
);
const serialsText = 'At most 1000, so that they fit into one event; more are several incidents';

const meaning = { description: 'What is hit: certificates that agree with every member that is given' };

export const IncidentSelectorInput = closed(
  {
    keyHash: Type.Optional(KeyHashInput),
    serials: Type.Optional(
      Type.Array(SerialInput, { description: serialsText, minItems: 1, maxItems: 1000, uniqueItems: true }),
    ),
    identity: Type.Optional(SpiffeId),
    namespace: Type.Optional(Namespace),
    node: Type.Optional(NodeName),
    issuerId: Type.Optional(IssuerId),
    issuedBetween: Type.Optional(
      closed(
        { from: Timestamp, to: Type.Optional(Timestamp) },
        { description: 'Both ends included; without `to`, up to now' },
      ),
    ),
  },
  { title: 'IncidentSelectorInput', ...meaning, minProperties: 1 },
);
export type IncidentSelectorInput = Static<typeof IncidentSelectorInput>;

const IncidentSelector = closed(
  {
    keyHash: Type.Optional(KeyHash),
    serials: Type.Optional(Type.Array(Serial, { maxItems: 1000 })),
    identity: Type.Optional(SpiffeId),
    namespace: Type.Optional(Namespace),
    node: Type.Optional(NodeName),
    issuerId: Type.Optional(IssuerId),
    issuedBetween: Type.Optional(closed({ from: Timestamp, to: Timestamp })),
  },
  meaning,
);

export const IncidentRequest = closed(
  {
    selector: IncidentSelectorInput,
    reason: Reason,
    invalidityDate: Type.Optional(Timestamp),
    dryRun: Type.Optional(
      Type.Boolean({ description: 'Only say what would be hit: nothing is recorded', default: false }),
    ),
    reissueFirst: Type.Optional(
      closed(
        { window: Type.Union(Ttl.anyOf, { description: 'Over which the renewals are spread, and waited for' }) },
        {
          description:
            'Have what is hit renewed before it is revoked. Only for a selector with nothing but one of identity, namespace, issuerId and serials',
        },
      ),
    ),
    comment: Type.Optional(Comment),
  },
  { title: 'IncidentRequest' },
);
export type IncidentRequest = Static<typeof IncidentRequest>;

const count = (description: string) => Type.Integer({ description, minimum: 0 });

export const Incident = closed(
  {
    incidentId: IncidentId,
    status: Type.Enum(['declared', 'running', 'contained', 'closed'], {
      description:
        '`declared` until what is hit has been counted, `contained` when none of it is good any more, `closed` when somebody said so',
    }),
    selector: IncidentSelector,
    reason: Reason,
    invalidityDate: Type.Optional(Timestamp),
    reissueFirst: Type.Optional(
      closed({ rotationId: RotationId, until: Timestamp }, { description: 'The rotation that goes first' }),
    ),
    progress: closed({
      hit: count('Certificates that the selector means, and all that descend from them'),
      revoked: count('Revoked by this incident'),
      alreadyRevoked: count('Revoked before'),
      expired: count('Expired before'),
      remaining: count('Still to be revoked'),
    }),
    comment: Type.Optional(Comment),
    requester: Type.String({ description: 'Who declared it', maxLength: 2048 }),
    declaredAt: Timestamp,
    containedAt: Type.Optional(Timestamp),
    closedAt: Type.Optional(Timestamp),
    position: Type.Integer({ description: 'Of the gate: what was issued up to here is hit', minimum: 0 }),
  },
  { title: 'Incident' },
);
export type Incident = Static<typeof Incident>;

export const IncidentPreview = closed(
  {
    hit: count('Certificates that would be hit; the sum of the next three'),
    live: count('Of those, active or on hold: they would be revoked'),
    alreadyRevoked: count('Revoked before'),
    expired: count('Expired before'),
    descendants: count('Hit, though the selector does not mean them itself: they descend from one that is'),
    system: count('Of operators and services: with them, whoever uses them is cut off from this API'),
    tokens: count('API tokens that were made by a hit credential, and would be revoked'),
    identities: Type.Array(closed({ identity: SpiffeId, certificates: count('Of it, hit') }), {
      description: 'Those with the most certificates first, at most 100',
    }),
    identityCount: count('Identities in all'),
    sample: Type.Array(
      closed({
        serial: Serial,
        identity: Type.Optional(SpiffeId),
        node: Type.Optional(NodeName),
        issuerId: IssuerId,
        notAfter: Timestamp,
        descendant: Type.Boolean(),
      }),
      { description: 'The newest of them, at most 20' },
    ),
    position: Position,
  },
  { title: 'IncidentPreview' },
);
export type IncidentPreview = Static<typeof IncidentPreview>;

export const IncidentDeclaration = closed(
  { incident: Type.Optional(Incident), preview: Type.Optional(IncidentPreview) },
  { title: 'IncidentDeclaration', description: 'The incident; of a dry run, the preview' },
);
export type IncidentDeclaration = Static<typeof IncidentDeclaration>;

const tag = 'incidents';

export const declareIncident = defineRoute({
  operationId: 'declareIncident',
  method: 'POST',
  path: '/v1/incidents',
  permission: 'incidents:write',
  tag,
  summary: 'Declare an incident, or see what it would hit',
  description:
    'Closes the gate first: from the answer on nothing is issued for what the selector means, nor for or by what descends from it, and what is hit is no credential. Then everything that was issued before is revoked, with all descendants (certificates whose request was authenticated by a hit one, or that renew it); `GET /v1/incidents/{incidentId}` says how far that is. By key alone: the key is blocked for ever. Only for grants of all namespaces.',
  body: IncidentRequest,
  responses: { 201: IncidentDeclaration },
  problems: [
    'INVALID_VALUE',
    'CERTIFICATE_NOT_FOUND',
    'ISSUER_NOT_FOUND',
    'INVALIDITY_DATE_IN_FUTURE',
    'INCIDENT_HITS_CALLER',
    'REISSUE_FIRST_REFUSED',
  ],
  idempotent: true,
});

export const listIncidents = defineRoute({
  operationId: 'listIncidents',
  method: 'GET',
  path: '/v1/incidents',
  permission: 'incidents:read',
  tag,
  summary: 'List incidents',
  description: 'Newest first, without comments. Only for grants of all namespaces.',
  query: closed({
    status: Type.Optional(Type.Enum(['open', 'closed'], { description: '`open`: not closed yet' })),
    limit: Limit,
    cursor: Cursor,
  }),
  responses: {
    200: closed({
      incidents: Type.Array(Incident),
      nextCursor: Type.Optional(Type.String({ maxLength: 1024 })),
    }),
  },
});

export const getIncident = defineRoute({
  operationId: 'getIncident',
  method: 'GET',
  path: '/v1/incidents/{incidentId}',
  permission: 'incidents:read',
  tag,
  summary: 'Show an incident',
  description: 'With its progress and its comment, as the ledger has it now.',
  params: closed({ incidentId: IncidentId }),
  responses: { 200: Incident },
  problems: ['INCIDENT_NOT_FOUND'],
});

export const closeIncident = defineRoute({
  operationId: 'closeIncident',
  method: 'POST',
  path: '/v1/incidents/{incidentId}/closure',
  permission: 'incidents:write',
  tag,
  summary: 'Close an incident',
  description:
    'Opens its gate: what stayed barred (a node, a time of issuance, a key in combination) may be issued for again. A repeat changes nothing.',
  params: closed({ incidentId: IncidentId }),
  body: Type.Optional(closed({ comment: Type.Optional(Comment) })),
  responses: { 200: Incident },
  problems: ['INCIDENT_NOT_FOUND', 'INCIDENT_NOT_CONTAINED'],
  idempotent: true,
});
