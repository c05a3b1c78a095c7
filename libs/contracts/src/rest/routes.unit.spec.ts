import { crlReasonCode } from '@cartulary/domain';
import { describe, expect, it } from 'vitest';
import { problems } from '../problems/problems.js';
import { permissions, rolePermissions } from './permissions.js';
import { expandPath, fastifyPath, isRawBody, type Route } from './route.js';
import { publicRoutes, routes } from './routes.js';
import { CrlReason, parseDuration } from './values.js';

const all: readonly Route[] = [...Object.values(routes), ...Object.values(publicRoutes)];
const isRecord = (node: unknown): node is Record<string, unknown> => typeof node === 'object' && node !== null;

/** Paths below `node` of object schemas that let unknown properties in. */
const open = (node: unknown, path = ''): string[] => {
  if (!isRecord(node)) return [];
  const here = node['type'] === 'object' && node['properties'] && node['additionalProperties'] !== false ? [path] : [];
  return [...here, ...Object.entries(node).flatMap(([key, value]) => open(value, `${path}/${key}`))];
};

describe('routes', () => {
  it('are known by their operation ids', () => {
    for (const [id, route] of Object.entries({ ...routes, ...publicRoutes })) expect(route.operationId).toBe(id);
  });

  it('have one method and path each', () => {
    const names = all.map(({ method, path }) => `${method} ${path}`);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(all.map((route) => [route.operationId, route] as const))(
    '%s declares the parameters of its path',
    (_, route) => {
      const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(Object.keys(route.params?.properties ?? {})).toEqual(inPath);
    },
  );

  it.each(all.map((route) => [route.operationId, route] as const))('%s lets no unknown property in', (_, route) =>
    expect([route.params, route.query, route.body].flatMap((schema) => open(schema))).toEqual([]),
  );

  it('let nobody in without a permission but to health, the document and the public side', () => {
    const open = Object.values(routes).filter(({ permission }) => permission === 'public');
    expect(open.map(({ path }) => path)).toEqual(['/openapi.json', '/healthz', '/readyz']);
    expect(Object.values(publicRoutes).every(({ permission }) => permission === 'public')).toBe(true);
  });

  it('need every permission that there is', () =>
    expect(new Set(all.map(({ permission }) => permission))).toEqual(new Set(['public', ...permissions])));

  it('that change something can be repeated, but for what shows a secret or is gone afterwards', () => {
    const changing = Object.values(routes).filter(({ method }) => method !== 'GET');
    expect(changing.filter(({ idempotent }) => !idempotent).map(({ operationId }) => operationId)).toEqual([
      'replayDeadLetter',
      'createToken',
      'createJoinToken',
    ]);
  });

  it('name problems that exist', () => {
    for (const { problems: codes } of all) for (const code of codes) expect(problems).toHaveProperty(code);
  });

  it('answer JSON on the management side, metrics aside', () => {
    const raw = Object.values(routes).filter(({ success }) => isRawBody(success));
    expect(raw.map(({ operationId }) => operationId)).toEqual(['getMetrics']);
  });
});

describe('paths', () => {
  it('encode a SPIFFE ID as one segment', () =>
    expect(expandPath(routes.getIdentity.path, { id: 'spiffe://a.b/ns/x/sa/y' })).toBe(
      '/v1/identities/spiffe%3A%2F%2Fa.b%2Fns%2Fx%2Fsa%2Fy',
    ));
  it('refuse a missing parameter', () => expect(() => expandPath('/v1/x/{id}', {})).toThrow(TypeError));
  it('are written in Fastify’s way', () => {
    expect(fastifyPath(routes.issueCertificates.path)).toBe('/v1/certificates::batch');
    expect(fastifyPath(routes.renewCertificate.path)).toBe('/v1/certificates/:serial/renewal');
  });
});

describe('values', () => {
  it('know the reasons of the domain', () => expect([...CrlReason.enum]).toEqual(Object.keys(crlReasonCode)));
  it.each([
    [90, 90],
    ['90s', 90],
    ['30m', 1800],
    ['24h', 86_400],
    ['7d', 604_800],
    ['0s', undefined],
    ['24', undefined],
    ['1.5h', undefined],
    [0, undefined],
    [1.5, undefined],
  ])('read the duration %j as %j seconds', (ttl, seconds) => expect(parseDuration(ttl)).toBe(seconds));
});

describe('roles', () => {
  it('give the admin everything', () => expect(rolePermissions.admin).toEqual(permissions));
  it('give the auditor every read and nothing else', () =>
    expect([...rolePermissions.auditor].sort()).toEqual(permissions.filter((name) => name.endsWith(':read')).sort()));
  it('let nobody but the admin make tokens', () => {
    for (const [role, allowed] of Object.entries(rolePermissions)) {
      expect(allowed.includes('tokens:write')).toBe(role === 'admin');
    }
  });
  it('let an issuer revoke nothing', () => expect(rolePermissions.issuer).not.toContain('revocations:write'));
});
