import Type, { type Static } from 'typebox';
import { defineRoute } from './route.js';
import { closed } from './values.js';

export const Liveness = closed({ status: Type.Enum(['alive']) }, { title: 'Liveness' });
export type Liveness = Static<typeof Liveness>;

export const Readiness = closed(
  {
    ready: Type.Boolean({ description: 'Whether every check passes' }),
    checks: Type.Record(
      Type.String(),
      closed({
        ok: Type.Boolean(),
        ms: Type.Integer({ minimum: 0, description: 'How long the check took' }),
        detail: Type.Optional(
          Type.String({ maxLength: 1024, description: 'What it says of itself, or the code of what failed it' }),
        ),
      }),
      { description: 'By name: what the service needs to do its work' },
    ),
  },
  { title: 'Readiness' },
);
export type Readiness = Static<typeof Readiness>;

const tag = 'operations';
export const getOpenApi = defineRoute({
  operationId: 'getOpenApi',
  method: 'GET',
  path: '/openapi.json',
  permission: 'public',
  tag,
  summary: 'Read this document',
  description: 'OpenAPI 3.1.',
  responses: { 200: Type.Record(Type.String(), Type.Unknown()) },
});

export const getLiveness = defineRoute({
  operationId: 'getLiveness',
  method: 'GET',
  path: '/healthz',
  permission: 'public',
  tag,
  summary: 'Is the process alive',
  description: 'Says nothing about what it depends on.',
  responses: { 200: Liveness },
});

export const getReadiness = defineRoute({
  operationId: 'getReadiness',
  method: 'GET',
  path: '/readyz',
  permission: 'public',
  tag,
  summary: 'Can it do its work now',
  description: 'Answers 503 with the same schema when something that it needs is missing, and while it shuts down.',
  alsoAnswers: [503],
  responses: { 200: Readiness },
});

export const getMetrics = defineRoute({
  operationId: 'getMetrics',
  method: 'GET',
  path: '/metrics',
  permission: 'metrics:read',
  tag,
  summary: 'Read the metrics',
  description: 'Prometheus text format.',
  responses: { 200: { mediaType: 'text/plain; version=0.0.4', description: 'Prometheus text format' } },
});
