import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isRawBody, type Route } from '../rest/route.js';
import { publicRoutes, routes } from '../rest/routes.js';
import { validatorFor } from '../validation/validator.js';
import { examples } from './examples.js';
import { apiVersion, openApiDocument } from './openapi-document.js';

interface Parameter {
  name?: string;
  in?: string;
  required?: boolean;
  schema?: object;
  $ref?: string;
}
interface Operation {
  operationId: string;
  servers?: { url: string }[];
  security: object[];
  parameters?: Parameter[];
  requestBody?: { required: boolean };
  responses: Record<string, { description: string; content?: object }>;
}
interface Document {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, Record<string, Operation>>;
  components: Record<string, Record<string, unknown>>;
}

const document = JSON.parse(JSON.stringify(openApiDocument())) as Document;
const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
const all: readonly Route[] = [...Object.values(routes), ...Object.values(publicRoutes)];
const root = new URL('../../../../', import.meta.url);
const read = (path: string): unknown => JSON.parse(readFileSync(fileURLToPath(new URL(path, root)), 'utf8'));

const references = (node: unknown): string[] =>
  typeof node !== 'object' || node === null
    ? []
    : Object.entries(node).flatMap(([key, value]) => (key === '$ref' ? [String(value)] : references(value)));

describe('openApiDocument', () => {
  it('is OpenAPI 3.1 and carries the release’s version', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(document.info).toMatchObject({
      title: 'Cartulary',
      version: (read('package.json') as { version: string }).version,
    });
    expect(apiVersion).toBe(document.info.version);
    expect(openApiDocument({ version: '9.9.9' })).toMatchObject({ info: { version: '9.9.9' } });
  });

  it('has every route under its path and method', () => {
    for (const { path, method, operationId } of all) {
      expect(document.paths[path]?.[method.toLowerCase()]?.operationId).toBe(operationId);
    }
    expect(operations).toHaveLength(all.length);
  });

  it('refers only to what it defines', () => {
    for (const reference of references(document)) {
      const [hash, ...path] = reference.split('/');
      expect(hash).toBe('#');
      const target = path.reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], document);
      expect(target, reference).toBeDefined();
    }
  });

  it('declares each path parameter as required', () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const { parameters = [] } of Object.values(methods)) {
        expect(parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)).toEqual(names);
        for (const parameter of parameters) {
          if (parameter.in === 'path') expect(parameter.required).toBe(true);
          expect(parameter.$ref ?? parameter.schema).toBeDefined();
        }
      }
    }
  });

  it('describes every response and gives errors as problem details', () => {
    for (const { responses, operationId } of operations) {
      const also = all.find((route) => route.operationId === operationId)?.alsoAnswers ?? [];
      for (const [status, response] of Object.entries(responses)) {
        expect(response.description, `${operationId} ${status}`).not.toBe('');
        const own = also.includes(Number(status)) ? ['application/json'] : [];
        const refused = [...own, 'application/problem+json'];
        if (Number(status) >= 400) expect(Object.keys(response.content ?? {})).toEqual(refused);
      }
    }
  });

  it('asks for a credential wherever a permission is needed', () => {
    for (const route of all) {
      const { security, responses } = document.paths[route.path]?.[route.method.toLowerCase()] as Operation;
      expect(security.length > 0).toBe(route.permission !== 'public');
      expect('401' in responses && '403' in responses).toBe(route.permission !== 'public');
    }
  });

  it('says which routes take an Idempotency-Key', () => {
    const taking = operations.filter(({ parameters = [] }) =>
      parameters.some(({ $ref }) => $ref === '#/components/parameters/IdempotencyKey'),
    );
    expect(taking.map(({ operationId }) => operationId)).toEqual(
      all.filter(({ idempotent }) => idempotent).map(({ operationId }) => operationId),
    );
  });

  it('puts the public routes on a server of their own', () => {
    for (const { operationId, servers } of operations) {
      expect(servers?.[0]?.url.startsWith('http://') ?? false).toBe(operationId in publicRoutes);
    }
  });

  it('gives examples that match their schemas', () => {
    for (const [operationId, { request, response }] of Object.entries(examples)) {
      const route = all.find((candidate) => candidate.operationId === operationId);
      if (!route || isRawBody(route.success)) throw new Error(`no JSON route ${operationId}`);
      if (request)
        expect(validatorFor(route.body ?? {})(structuredClone(request)), operationId).toMatchObject({ ok: true });
      if (response)
        expect(validatorFor(route.success)(structuredClone(response)), operationId).toMatchObject({ ok: true });
    }
  });

  it('is what docs/openapi.json holds (npm run openapi)', () => expect(document).toEqual(read('docs/openapi.json')));
});
