import type { TSchema } from 'typebox';
import type { Permission } from '../rest/permissions.js';
import { isRawBody, type RawBody, type Route } from '../rest/route.js';
import { publicRoutes, routes } from '../rest/routes.js';
import { Problem } from '../problems/problem-document.js';
import { isOptional } from '../validation/validator.js';
import { problemResponses } from './problem-responses.js';
import { Components } from './components.js';
import { examples } from './examples.js';

type Json = Record<string, unknown>;

/** The release that the document describes. */
export const apiVersion = '0.1.0';

const servers = {
  management: [
    { url: 'https://127.0.0.1:8443', description: 'Management: TLS 1.3, client certificate or bearer token' },
  ],
  'relying-parties': [{ url: 'http://127.0.0.1:8080', description: 'For relying parties: plain HTTP, no credential' }],
};

const content = (success: TSchema | RawBody, components: Components, example: unknown): Json =>
  isRawBody(success)
    ? { [success.mediaType]: { schema: {} } }
    : { 'application/json': { schema: components.refer(success), ...(example === undefined ? {} : { example }) } };

const parameters = (route: Route): Json[] => {
  const of = (schema: Route['params'], place: 'path' | 'query'): Json[] =>
    Object.entries(schema?.properties ?? {}).map(([name, property]) => {
      const { description, ...rest } = property as Json & { description?: string };
      const required = place === 'path' || (schema?.required ?? []).includes(name as never);
      return { name, in: place, required, ...(description ? { description } : {}), schema: rest };
    });
  const headers = route.idempotent ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : [];
  return [...of(route.params, 'path'), ...of(route.query, 'query'), ...headers];
};

const requestBody = (route: Route, components: Components): Json => {
  const { body, rawRequest, operationId } = route;
  if (rawRequest) {
    return { requestBody: { required: true, content: { [rawRequest.mediaType]: { schema: {} } } } };
  }
  if (!body) return {};
  const example = examples[operationId]?.request;
  const required = !isOptional(body);
  return { requestBody: { required, content: content(body, components, example) } };
};

const security = (permission: Permission | 'public'): Json[] =>
  permission === 'public' ? [] : [{ mutualTLS: [] }, { bearer: [] }];

const operation = (route: Route, components: Components): Json => ({
  operationId: route.operationId,
  tags: [route.tag],
  summary: route.summary,
  description:
    route.permission === 'public' ? route.description : `${route.description}\n\nPermission: \`${route.permission}\`.`,
  ...(route.side === 'relying-parties' ? { servers: servers['relying-parties'] } : {}),
  security: security(route.permission),
  ...(parameters(route).length > 0 ? { parameters: parameters(route) } : {}),
  ...requestBody(route, components),
  responses: {
    [route.status]: {
      description: isRawBody(route.success) ? route.success.description : 'Done',
      content: content(route.success, components, examples[route.operationId]?.response),
    },
    ...withAlso(route, problemResponses(route), components),
  },
  ...(route.permission === 'public' ? {} : { 'x-permission': route.permission }),
});

/** Statuses that may come with the route's own body as well as with a problem. */
const withAlso = (route: Route, refusals: Record<string, Json>, components: Components): Record<string, Json> => {
  const answers = (route.alsoAnswers ?? []).map((status) => {
    const refusal = refusals[status];
    const body = content(route.success, components, undefined);
    const description = [`The same answer`, refusal?.['description']].filter(Boolean).join('\n\n');
    return [
      String(status),
      { ...refusal, description, content: { ...body, ...(refusal?.['content'] as Json) } },
    ] as const;
  });
  return { ...refusals, ...Object.fromEntries(answers) };
};

/** OpenAPI 3.1 (JSON Schema 2020-12) of both sides, made from the routes. */
export const openApiDocument = ({ version = apiVersion }: { readonly version?: string } = {}): Json => {
  const components = new Components();
  components.refer(Problem);
  const paths: Record<string, Json> = {};
  const all: readonly Route[] = [...Object.values(routes), ...Object.values(publicRoutes)];
  for (const route of all) {
    const operations = (paths[route.path] ??= {});
    operations[route.method.toLowerCase()] = operation(route, components);
  }
  return {
    openapi: '3.1.0',
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    info: {
      title: 'Cartulary',
      version,
      summary: 'An event-sourced certificate lifecycle service with revocation',
      description:
        'Times are RFC 3339, serials lower-case hex, certificates and CSRs PEM, errors RFC 9457 problem details.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: servers.management,
    tags: [...new Set(all.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: components.schemas(),
      parameters: {
        IdempotencyKey: {
          name: 'Idempotency-Key',
          in: 'header',
          required: false,
          description:
            'Chosen by the caller. The same key with the same request has one effect and one answer; with another request it is refused (IDEMPOTENCY_MISMATCH).',
          schema: { type: 'string', minLength: 1, maxLength: 255 },
          example: '0192f0c1-5b7e-7c31-9d5e-3f0a6b1c2d4e',
        },
      },
      securitySchemes: {
        mutualTLS: { type: 'mutualTLS', description: 'A client certificate of the system issuer' },
        bearer: { type: 'http', scheme: 'bearer', description: 'A token of `cartulary token create`' },
      },
    },
  };
};
