import Type, { type Static } from 'typebox';
import { defineRoute } from './route.js';
import { closed, Position, Timestamp } from './values.js';

const Seconds = Type.Integer({ description: 'Seconds', minimum: 0 });
const Count = Type.Integer({ minimum: 0 });
const Setting = Type.String({ description: 'As Postgres shows it', maxLength: 256 });

const DatabaseDiagnostics = closed(
  {
    version: Type.String({ maxLength: 128, examples: ['17.6'] }),
    major: Type.Integer({ description: 'Of the version', minimum: 0, examples: [17] }),
    time: Type.String({ ...Timestamp, description: 'The clock of Postgres' }),
    standby: Type.Boolean({ description: 'It only follows another and takes no writes' }),
    size: Type.Integer({ description: 'Octets of this database', minimum: 0 }),
    connections: Type.Integer({ description: 'Clients of the whole server', minimum: 0 }),
    maxConnections: Count,
    fsync: Setting,
    synchronousCommit: Setting,
    fullPageWrites: Setting,
    walLevel: Setting,
    archiveMode: Setting,
  },
  { title: 'DatabaseDiagnostics' },
);

const KafkaDiagnostics = closed(
  {
    reachable: Type.Boolean(),
    brokers: Type.Integer({ description: 'That the cluster names', minimum: 0 }),
    reason: Type.Optional(Type.String({ description: 'Why it can’t be reached', maxLength: 1024 })),
    relay: closed({
      active: Type.Boolean({ description: 'Some process is bringing the ledger to Kafka' }),
      position: Position,
      lag: Type.Integer({ description: 'Events of the ledger that are not known to be in Kafka', minimum: 0 }),
    }),
  },
  { title: 'KafkaDiagnostics' },
);

export const Diagnostics = closed(
  {
    time: Type.String({ ...Timestamp, description: 'The clock of the service that answers' }),
    runtime: Type.String({ maxLength: 64, examples: ['Node 24.21.0'] }),
    position: Position,
    settings: closed({
      clockSkew: Seconds,
      crlRefresh: Seconds,
      crlValidity: Seconds,
      ocspValidity: Seconds,
      epochLength: Seconds,
      epochLead: Seconds,
    }),
    database: DatabaseDiagnostics,
    kafka: Type.Optional(KafkaDiagnostics),
  },
  { title: 'Diagnostics' },
);
export type Diagnostics = Static<typeof Diagnostics>;

export const getDiagnostics = defineRoute({
  operationId: 'getDiagnostics',
  method: 'GET',
  path: '/v1/diagnostics',
  permission: 'diagnostics:read',
  tag: 'operations',
  summary: 'Read what the service stands on',
  description:
    'Its clock, its settings of time, Postgres as it is set up, and Kafka where brokers are configured: what `cartulary doctor` judges.',
  responses: { 200: Diagnostics },
});
