import Type, { type Static } from 'typebox';
import { defineRoute } from './route.js';
import { closed } from './values.js';

export const Health = closed(
  {
    status: Type.Enum(['ok', 'unavailable']),
    checks: Type.Optional(
      Type.Record(
        Type.String(),
        closed({ status: Type.Enum(['ok', 'unavailable']), detail: Type.Optional(Type.String({ maxLength: 1024 })) }),
      ),
    ),
  },
  { title: 'Health' },
);
export type Health = Static<typeof Health>;

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
  responses: { 200: Health },
});

export const getReadiness = defineRoute({
  operationId: 'getReadiness',
  method: 'GET',
  path: '/readyz',
  permission: 'public',
  tag,
  summary: 'Can it do its work now',
  description: 'Answers 503 with the same schema when something that it needs is missing.',
  responses: { 200: Health },
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
