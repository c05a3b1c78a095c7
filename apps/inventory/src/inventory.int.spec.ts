import { Module } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AccessModule, mintToken } from '@cartulary/access';
import { type OperationId, type Projection, routes, validatorFor } from '@cartulary/contracts';
import { type Grant, type IssuerRecord, parseTimestamp } from '@cartulary/domain';
import { createTestDatabase, type TestDatabase } from '@cartulary/ledger/testing';
import { PostgresLedger, ProjectionDatabase } from '@cartulary/ledger';
import {
  createRestApplication,
  FixedClock,
  Health,
  keys,
  loadConfig,
  Metrics,
  type RestApplication,
  RuntimeModule,
  silentLogger,
} from '@cartulary/runtime';
import { IssuerDirectory, problemTable, ServiceModule } from '@cartulary/service';
import { LedgerTransport, PostgresConsumerStore } from '@cartulary/transport';
import { InMemorySigner } from '@cartulary/x509';
import { InventoryModule } from './inventory.module.js';
import {
  aRoot,
  crlPublished,
  held,
  issued,
  issuerCreated,
  registered,
  serialOf,
  system,
  tokenCreated,
  trustDomain,
  workload,
} from './testing/events.fixture.spec.js';
import { appendTo, NOON } from './testing/append.fixture.spec.js';
import { until } from './testing/replica.fixture.spec.js';
import { settings } from './testing/world.fixture.spec.js';

let database: TestDatabase;
let ledger: PostgresLedger;
let transport: LedgerTransport;
let projections: ProjectionDatabase;
let application: RestApplication;
let url: string;
let root: IssuerRecord;
const health = new Health();
const metrics = new Metrics({ process: false });
const tokens: Record<string, string> = {};

const grants: Record<string, Grant> = {
  admin: { role: 'admin' },
  auditor: { role: 'auditor' },
  operator: { role: 'operator' },
  shop: { role: 'auditor', namespaces: ['shop'] },
};

beforeAll(async () => {
  database = await createTestDatabase();
  ledger = new PostgresLedger({ url: database.serviceUrl });
  transport = new LedgerTransport(ledger, new PostgresConsumerStore({ url: database.serviceUrl }));
  projections = new ProjectionDatabase(database.serviceUrl);
  root = await aRoot();
  await appendTo(ledger, issuerCreated(root));
  for (const [name, grant] of Object.entries(grants)) {
    const { token, tokenId, secretHash } = mintToken();
    tokens[name] = token;
    await appendTo(ledger, tokenCreated(tokenId, grant, { name, secretHash }));
  }
  @Module({
    imports: [
      RuntimeModule.forRoot({
        config: loadConfig(keys, { environment: {} }),
        logger: silentLogger(),
        clock: new FixedClock(NOON),
        problems: problemTable,
        health,
        metrics,
      }),
      ServiceModule.with({
        settings,
        ledger,
        transport,
        database: projections,
        signer: new InMemorySigner(),
        issuers: await IssuerDirectory.follow(transport),
      }),
      AccessModule,
      InventoryModule,
    ],
  })
  class TestModule {}
  application = await createRestApplication(TestModule, { logger: silentLogger() });
  ({ url } = await application.listen({ host: '127.0.0.1', port: 0 }));
  await appendTo(
    ledger,
    issued(1, { issuerId: root.issuerId }),
    issued(2, { identity: workload('bank'), issuerId: root.issuerId }),
    issued(3, { identity: system('operator/olga'), profile: 'operator', issuerId: root.issuerId }),
    registered(workload('shop')),
    crlPublished(root.issuerId),
    held(1),
  );
});
afterAll(async () => {
  await application.close();
  await transport.close();
  await ledger.close();
  await projections.close();
  await database.drop();
});

const get = async (path: string, as?: string) => {
  const headers = as === undefined ? {} : { authorization: `Bearer ${tokens[as]}` };
  const response = await fetch(`${url}${path}`, { headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

describe('the routes', () => {
  it.each([
    ['listCertificates', '/v1/certificates?include=pem'],
    ['getCertificate', `/v1/certificates/${serialOf(1)}`],
    ['getCertificateHistory', `/v1/certificates/${serialOf(1)}/history`],
    ['listIdentities', '/v1/identities'],
    ['listIssuers', '/v1/issuers'],
    ['getIssuer', () => `/v1/issuers/${root.issuerId}`],
    ['getTrustBundle', '/v1/trust-bundle'],
    ['listEvents', '/v1/ledger/events?limit=3'],
    ['listPublications', '/v1/publications'],
    ['listProjections', '/v1/projections'],
    ['getDiagnostics', '/v1/diagnostics'],
    ['listTokens', '/v1/tokens'],
    ['whoAmI', '/v1/whoami'],
    ['getOpenApi', '/openapi.json'],
  ] satisfies [OperationId, string | (() => string)][])('%s answers as its contract says', async (id, path) => {
    const { status, body } = await get(typeof path === 'string' ? path : path(), 'admin');
    expect(status).toBe(200);
    expect(validatorFor(routes[id].success as never)(body)).toMatchObject({ ok: true });
  });

  it('are closed without a credential, the document aside', async () => {
    expect((await get('/v1/certificates')).body).toMatchObject({ code: 'UNAUTHENTICATED', status: 401 });
    expect((await get('/openapi.json')).body).toMatchObject({ openapi: '3.1.0' });
  });

  it('refuse what the schemas do not have', async () => {
    for (const query of [
      'status=lost',
      'limit=0',
      'limit=1001',
      'serial=1',
      'namespace=a%20b',
      'cursor=%27',
      'cursor=abc',
    ]) {
      expect((await get(`/v1/certificates?${query}`, 'admin')).body).toMatchObject({ code: 'INVALID_REQUEST' });
    }
    expect((await get('/v1/certificates?keyHash=' + ':'.repeat(64), 'admin')).body).toMatchObject({ status: 400 });
    expect((await get('/v1/certificates/zz', 'admin')).body).toMatchObject({ status: 400 });
    expect((await get('/v1/ledger/events?stream=a%00b', 'admin')).body).toMatchObject({ status: 400 });
  });
});

describe('diagnostics', () => {
  it('tell admins and auditors how Postgres is set up, and nobody else', async () => {
    // As test/postgres.setup.ts starts it.
    const database = { fsync: 'off', fullPageWrites: 'off', synchronousCommit: 'on', maxConnections: 300 };
    for (const as of ['admin', 'auditor']) {
      const { body } = await get('/v1/diagnostics', as);
      expect(body).toMatchObject({ time: NOON, database: { ...database, standby: false } });
      expect(body['position']).toBe((await ledger.head()).position);
      expect(body).not.toHaveProperty('kafka');
    }
    expect(await get('/v1/diagnostics', 'operator')).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
  });
});

describe('a certificate', () => {
  it('is read as of now', async () => {
    await appendTo(ledger, issued(10, { issuerId: root.issuerId }));
    const { body } = await get(`/v1/certificates/0x${serialOf(10).toUpperCase()}`, 'auditor');
    expect(body).toMatchObject({ serial: serialOf(10), status: 'active' });
    const { body: list } = await get('/v1/certificates?limit=1', 'auditor');
    expect(list['certificates']).toMatchObject([{ serial: serialOf(10) }]);
  });

  it('has a history', async () => {
    const { body } = await get(`/v1/certificates/${serialOf(1)}/history`, 'shop');
    expect(body['events']).toMatchObject([{ type: 'CertificateIssued' }, { type: 'CertificateHeld', version: 2 }]);
  });

  it.each([
    ['never issued', 999, 'admin'],
    ['of another namespace', 2, 'shop'],
    ['of a system identity, for a caller of namespaces', 3, 'shop'],
    ['of a system identity, for an operator', 3, 'operator'],
  ])('%s does not exist, and its answer does not tell why', async (_, n, as) => {
    for (const path of [`/v1/certificates/${serialOf(n)}`, `/v1/certificates/${serialOf(n)}/history`]) {
      const { body } = await get(path, as);
      expect(body).toMatchObject({ status: 404, code: 'CERTIFICATE_NOT_FOUND' });
      expect(JSON.stringify(body)).not.toContain('spiffe');
    }
  });
});

describe('issuers', () => {
  it('come with their newest CRL', async () => {
    const { body } = await get(`/v1/issuers/${root.issuerId}`, 'operator');
    expect(body).toMatchObject({
      status: 'prepared',
      chain: '',
      crlUrl: `http://pki.test/crl/${root.issuerId}.crl`,
      crl: { number: 4, size: 300 },
      position: 1,
    });
  });

  it('that do not exist are a problem', async () =>
    expect((await get('/v1/issuers/0000000000000000', 'admin')).body).toMatchObject({ code: 'ISSUER_NOT_FOUND' }));

  it('make the trust bundle', async () => {
    const { body } = await get('/v1/trust-bundle', 'operator');
    expect(body).toMatchObject({ trustDomain, roots: [{ issuerId: root.issuerId }], systemRoots: [], position: 1 });
  });
});

describe('the past', () => {
  it('of one thing is that of its stream', async () => {
    // The time of a position is Postgres' own, so this certificate must not end while anybody runs this.
    const lasting = issued(901, { issuerId: root.issuerId, notAfter: parseTimestamp('2126-11-22T12:00:00Z') });
    const appended = await appendTo(ledger, lasting, held(901));
    const [first = 0, second = 0] = appended.map(({ position }) => position);
    const past = (asOf: number) => get(`/v1/certificates/${serialOf(901)}?asOf=${asOf}`, 'admin');
    expect((await past(first)).body).toMatchObject({ status: 'active', position: first });
    expect((await past(second)).body).toMatchObject({ status: 'held', position: second });
    expect((await past(first - 1)).body).toMatchObject({ status: 404, code: 'CERTIFICATE_NOT_FOUND' });
    expect((await past(1_000_000)).body).toMatchObject({ status: 400, code: 'AS_OF_BEYOND_HEAD' });
    expect((await get('/v1/certificates?asOf=soon', 'admin')).body).toMatchObject({ code: 'INVALID_REQUEST' });
  });

  it('of issuers has the CRLs of then', async () => {
    const { position } = await ledger.head();
    const [, published] = await Promise.all([
      get(`/v1/issuers?asOf=${position}`, 'admin'),
      get(`/v1/publications?issuerId=${root.issuerId}`, 'admin'),
    ]);
    const [crl] = published.body['publications'] as { position: number }[];
    expect(crl).toMatchObject({ kind: 'crl', number: 4, entries: 0, issuerId: root.issuerId });
    const at = async (asOf: number) =>
      (await get(`/v1/issuers?asOf=${asOf}`, 'admin')).body['issuers'] as { crl?: object }[];
    expect((await at(crl!.position))[0]?.crl).toMatchObject({ number: 4 });
    expect((await at(crl!.position - 1))[0]).not.toHaveProperty('crl');
    expect(await at(0)).toEqual([]);
  });
});

describe('pages', () => {
  it('of tokens have no gap and no repeat', async () => {
    const seen: unknown[] = [];
    for (let cursor = ''; ;) {
      const { body } = await get(`/v1/tokens?limit=1${cursor}`, 'admin');
      seen.push(...(body['tokens'] as { name: string }[]).map(({ name }) => name));
      if (!body['nextCursor']) break;
      cursor = `&cursor=${String(body['nextCursor'])}`;
    }
    expect(seen).toEqual(Object.keys(grants).reverse());
  });

  it('of issuers go on where they ended', async () => {
    const { body } = await get('/v1/issuers?limit=1&purpose=workload', 'admin');
    expect(body).toMatchObject({ issuers: [{ issuerId: root.issuerId }] });
    expect(body).not.toHaveProperty('nextCursor');
    expect((await get('/v1/issuers?purpose=root', 'admin')).body).toMatchObject({ issuers: [] });
  });
});

describe('a rebuild', () => {
  const order = async (as: string, name = 'inventory', key?: string) => {
    const headers = { authorization: `Bearer ${tokens[as]}`, ...(key ? { 'idempotency-key': key } : {}) };
    const response = await fetch(`${url}/v1/projections/${name}/rebuild`, { method: 'POST', headers });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  it('is for administrators', async () => {
    for (const as of ['auditor', 'operator', 'shop']) expect((await order(as)).status).toBe(403);
    expect((await order('admin', 'nothing')).body).toMatchObject({ status: 404, code: 'PROJECTION_NOT_FOUND' });
  });

  it('is begun, done, and shown', async () => {
    const { status, body } = await order('admin');
    expect(status).toBe(201);
    expect(validatorFor(routes.rebuildProjection.success)(body)).toMatchObject({ ok: true });
    const generation = await until('the switch', async () => {
      const [inventory] = (await get('/v1/projections', 'auditor')).body['projections'] as Projection[];
      return inventory?.generations.find((each) => each.generation === 2 && each.status === 'active');
    });
    expect(generation).toMatchObject({ startedBy: 'token/admin', reason: 'ordered', comparison: { same: true } });
  });

  it('that is asked for again is shown, however many have come since', async () => {
    const first = await order('admin', 'inventory', 'once');
    expect(first.status).toBe(201);
    const owner = new ProjectionDatabase(database.ownerUrl);
    await owner.query(`INSERT INTO projections.inventory_generations (generation, status, version, reason, started_by)
      SELECT 1000 + n, 'dropped', 1, 'ordered', 'token/admin' FROM generate_series(1, 30) AS n`);
    await owner.close();
    const again = await order('admin', 'inventory', 'once');
    expect(again).toMatchObject({ status: 201, body: { generation: first.body['generation'] } });
  });
});

describe('callers', () => {
  it('learn who they are', async () => {
    const { body } = await get('/v1/whoami', 'shop');
    expect(body).toMatchObject({ id: 'token/shop', kind: 'token', role: 'auditor', namespaces: ['shop'], trustDomain });
  });

  it('see tokens without secrets, and of their namespaces only', async () => {
    const { body } = await get('/v1/tokens', 'auditor');
    expect(body['tokens']).toHaveLength(4);
    expect(JSON.stringify(body)).not.toMatch(/secret/i);
    expect((await get('/v1/tokens', 'shop')).body['tokens']).toMatchObject([{ name: 'shop', namespaces: ['shop'] }]);
    expect((await get('/v1/tokens', 'operator')).status).toBe(403);
  });

  it('of namespaces see nothing of the ledger and only theirs of lists', async () => {
    expect((await get('/v1/ledger/events', 'shop')).body).toMatchObject({ code: 'FORBIDDEN' });
    const { body } = await get('/v1/certificates', 'shop');
    expect(new Set((body['certificates'] as { identity: string }[]).map(({ identity }) => identity))).toEqual(
      new Set([workload('shop')]),
    );
  });
});

describe('the projection', () => {
  it('is a part of readiness', async () => {
    const { ready, checks } = await health.readiness();
    expect(ready).toBe(true);
    expect(checks['inventory']?.detail).toMatch(/^at position \d+, 0 events behind$/);
  });

  it('shows position and lag as metrics', async () => {
    await health.readiness();
    const { position } = await ledger.head();
    expect(await metrics.render()).toContain(`cartulary_inventory_position ${position}`);
    expect(await metrics.render()).toContain('cartulary_inventory_lag_events 0');
  });
});
