import { connect as connectHttp2, constants } from 'node:http2';
import { connect, type TLSSocket } from 'node:tls';
import { createRequire } from 'node:module';
import { credentials, makeClientConstructor, type ClientDuplexStream } from '@grpc/grpc-js';
import { loadSync, type ServiceDefinition } from '@grpc/proto-loader';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@cartulary/ledger/testing';
import { makeRequest } from '../support/enrol.js';
import type { GrpcRefusal } from '../support/grpc/clients.js';
import { GrpcWorld } from '../support/grpc/world.js';

const RATE = 1;
const BURST = 20 * RATE;
const CONNECTIONS = 60;

let database: TestDatabase;
let world: GrpcWorld;
beforeAll(async () => {
  database = await createTestDatabase(process.env['CARTULARY_TEST_POSTGRES_URL']!);
  world = await GrpcWorld.start(database, {
    CARTULARY_GRPC_RATE: String(RATE),
    CARTULARY_MAX_CONNECTIONS: String(CONNECTIONS),
  });
});
afterAll(async () => {
  await world?.dispose();
  await database?.drop();
});

it('a credential that calls too often is told when to come back, and others go on', async () => {
  const greedy = await world.agent('greedy');
  const calls = await Promise.allSettled(Array.from({ length: 4 * BURST }, () => greedy.client.listEntitlements()));
  const refusals = calls.flatMap((call) => (call.status === 'rejected' ? [call.reason as GrpcRefusal] : []));
  expect(refusals.length).toBeGreaterThan(0);
  expect(calls.length - refusals.length).toBeGreaterThanOrEqual(BURST);
  for (const { status, code, retryAfter } of refusals) {
    expect({ status, code }).toEqual({ status: 'RESOURCE_EXHAUSTED', code: 'TOO_MANY_REQUESTS' });
    expect(retryAfter).toBeGreaterThan(0);
    expect(retryAfter).toBeLessThanOrEqual(1_000);
  }
  const modest = await world.agent('modest');
  await modest.client.listEntitlements();
});

it('an address that keeps failing is not heard for a while', async () => {
  const codes = new Set<string>();
  const client = world.client();
  const { csr } = await makeRequest();
  await expect
    .poll(
      async () => {
        const attempts = Array.from({ length: 50 }, () => client.createCertificate({ csr }, 'nonsense'));
        for (const attempt of await Promise.allSettled(attempts)) {
          if (attempt.status === 'rejected') codes.add((attempt.reason as GrpcRefusal).code);
        }
        return codes.has('TOO_MANY_REQUESTS');
      },
      { timeout: 60_000, interval: 1 },
    )
    .toBe(true);
  expect(codes).toEqual(new Set(['UNAUTHENTICATED', 'TOO_MANY_REQUESTS']));
});

it('a request that does not arrive is given up', async () => {
  const session = connectHttp2(`https://localhost:${world.port}`, { ca: world.root });
  const path = '/cartulary.v1.AgentService/Attest';
  const stream = session.request(
    { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' },
    { endStream: false },
  );
  // Five octets of frame header that announce a hundred, and then nothing.
  stream.write(Buffer.from([0, 0, 0, 0, 100]));
  const status = await new Promise<unknown>((resolve) => {
    stream.on('response', (headers) => headers['grpc-status'] !== undefined && resolve(headers['grpc-status']));
    stream.on('trailers', (trailers) => resolve(trailers['grpc-status']));
    stream.on('error', () => resolve('reset'));
    stream.resume();
  });
  expect(status).toBe('4');
  stream.close(constants.NGHTTP2_CANCEL);
  session.close();
});

const dial = (options: object = {}): Promise<TLSSocket | undefined> =>
  new Promise((resolve) => {
    const ends = { host: '127.0.0.1', servername: 'localhost', port: world.port, ca: world.root };
    const socket = connect({ ...ends, ALPNProtocols: ['h2'], ...options });
    socket.on('error', () => resolve(undefined));
    socket.on('close', () => resolve(undefined));
    socket.on('secureConnect', () => setTimeout(() => resolve(socket.destroyed ? undefined : socket), 50));
  });

it('speaks TLS 1.3 and HTTP/2, and nothing else', async () => {
  const open = await dial();
  expect(open?.getProtocol()).toBe('TLSv1.3');
  open?.destroy();
  expect(await dial({ maxVersion: 'TLSv1.2' })).toBeUndefined();
  const http1 = await dial({ ALPNProtocols: ['http/1.1'] });
  expect(http1).toBeUndefined();
});

it('takes so many connections and no more, and serves on when they are gone', async () => {
  const sockets = await Promise.all(Array.from({ length: 3 * CONNECTIONS }, () => dial()));
  const open = sockets.filter((socket) => socket !== undefined);
  expect(open.length).toBeLessThanOrEqual(CONNECTIONS);
  expect(open.length).toBeGreaterThan(0);
  open.forEach((socket) => socket.destroy());
  const ask = () => world.agent('later').then(() => 'joined', String);
  await expect.poll(ask, { timeout: 60_000, interval: 1_000 }).toBe('joined');
});

it('tells tools what it serves, by reflection', async () => {
  const proto = createRequire(import.meta.url).resolve(
    '@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto',
  );
  const service = loadSync(proto)['grpc.reflection.v1.ServerReflection'] as ServiceDefinition;
  const Client = makeClientConstructor(service as never, 'reflection');
  const client = new Client(`localhost:${world.port}`, credentials.createSsl(Buffer.from(world.root)));
  type Reflection = Record<'ServerReflectionInfo', () => ClientDuplexStream<object, { listServicesResponse: unknown }>>;
  const stream = (client as unknown as Reflection).ServerReflectionInfo();
  const answer = await new Promise<{ listServicesResponse: unknown }>((resolve, reject) => {
    stream.on('data', resolve).on('error', reject);
    stream.write({ listServices: '' });
  });
  stream.end();
  client.close();
  const names = (answer.listServicesResponse as { service: { name: string }[] }).service.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining([
      'istio.v1.auth.IstioCertificateService',
      'cartulary.v1.AgentService',
      'cartulary.v1.TrustService',
    ]),
  );
});
