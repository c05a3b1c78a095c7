import { routes } from '@cartulary/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CartularyClient, type ClientOptions } from './cartulary-client.js';
import { ProblemError, UnexpectedAnswerError, UnreachableError } from './errors.js';
import { bytes, hangUp, json, type LocalServer, refuse, selfSigned, startServer } from './local-server.fixture.spec.js';

const [identity, other] = [selfSigned('server'), selfSigned('client')];
const csr = 'PEM';
let server: LocalServer;
const clients: CartularyClient[] = [];

const connect = (options: Partial<ClientOptions> = {}): CartularyClient => {
  const client = new CartularyClient({ baseUrl: server.url, tls: { ca: identity.cert, ...other }, ...options });
  clients.push(client);
  return client;
};
const thrown = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.fail('it went through'),
    (error: unknown) => error,
  );

beforeAll(async () => {
  server = await startServer(identity);
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await server.close();
});

describe('CartularyClient', () => {
  it('has a method for every operation', () => {
    const client = connect();
    expect(Object.keys(client)).toEqual(expect.arrayContaining(Object.keys(routes)));
  });

  it('sends parameters, query and client certificate', async () => {
    server.answer(json({ certificates: [], position: 7 }));
    const client = connect();
    expect(await client.listCertificates({ query: { namespace: 'shop', limit: 2 } })).toEqual({
      certificates: [],
      position: 7,
    });
    expect(server.seen[0]).toMatchObject({
      method: 'GET',
      url: '/v1/certificates?namespace=shop&limit=2',
      peer: 'CN=client',
    });

    server.answer(json({ id: 'spiffe://a/ns/b/sa/c' }));
    await client.getIdentity({ params: { id: 'spiffe://a/ns/b/sa/c' } });
    expect(server.seen[0]?.url).toBe('/v1/identities/spiffe%3A%2F%2Fa%2Fns%2Fb%2Fsa%2Fc');
  });

  it('sends body, bearer token and correlation id', async () => {
    server.answer(json({ serial: '01' }, 201));
    await connect({ token: 'secret' }).call(routes.issueCertificate, {
      body: { csr, ttl: '1h' },
      correlationId: 'c-1',
    });
    const [seen] = server.seen;
    expect(JSON.parse(String(seen?.body))).toEqual({ csr, ttl: '1h' });
    expect(seen?.headers).toMatchObject({
      authorization: 'Bearer secret',
      'content-type': 'application/json',
      'x-correlation-id': 'c-1',
      'idempotency-key': expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown,
    });
  });

  it('sends no body and no content type where there is none', async () => {
    server.answer(json({}));
    await connect().releaseCertificate({ params: { serial: '01' } });
    expect(server.seen[0]?.headers['content-type']).toBeUndefined();
    expect(server.seen[0]?.body).toHaveLength(0);
  });

  it('gives bytes where the answer is not JSON', async () => {
    server.answer(bytes('text/plain; version=0.0.4', Buffer.from('up 1')));
    expect(Buffer.from(await connect().getMetrics()).toString()).toBe('up 1');
  });

  it('throws the problem that the service answers', async () => {
    server.answer(refuse('KEY_BLOCKED', 'the key ab is blocked'));
    const error = await thrown(connect().issueCertificate({ body: { csr } }));
    expect(error).toBeInstanceOf(ProblemError);
    expect(error).toMatchObject({
      code: 'KEY_BLOCKED',
      status: 409,
      message: 'the key ab is blocked',
      retryAfter: undefined,
    });
    expect((error as ProblemError).remedy).toMatch(/new key/);
    expect(server.seen).toHaveLength(1);
  });

  it('says so when something else answers', async () => {
    server.answer(bytes('text/html', Buffer.from('<h1>hello</h1>'), 404));
    expect(await thrown(connect().whoAmI())).toBeInstanceOf(UnexpectedAnswerError);
    server.answer(bytes('text/html', Buffer.from('<h1>hello</h1>'), 200));
    expect(await thrown(connect().whoAmI())).toMatchObject({ code: 'UNEXPECTED_ANSWER', status: 200 });
  });
});

describe('repetition', () => {
  it('repeats with the same idempotency key when the connection breaks', async () => {
    server.answer(hangUp, json({ serial: '01' }, 201));
    expect(await connect().issueCertificate({ body: { csr } })).toEqual({ serial: '01' });
    const keys = server.seen.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  });

  it('waits as long as Retry-After says', async () => {
    server.answer(refuse('LEDGER_UNAVAILABLE'), json({ events: [] }));
    const started = performance.now();
    await connect().getCertificateHistory({ params: { serial: '01' } });
    expect(performance.now() - started).toBeGreaterThan(950);
  });

  it('gives up after the attempts it was given', async () => {
    server.answer(hangUp);
    const error = await thrown(connect({ retries: 2 }).whoAmI());
    expect(error).toMatchObject({ code: 'UNREACHABLE', reason: 'closed', sent: true });
    expect(server.seen).toHaveLength(3);
  });

  it('never repeats what may have made a token', async () => {
    server.answer(hangUp, json({}, 201));
    const error = await thrown(connect().createToken({ body: { name: 'x', role: 'auditor', ttl: '1h' } }));
    expect(error).toBeInstanceOf(UnreachableError);
    expect(server.seen).toHaveLength(1);
    expect(server.seen[0]?.headers['idempotency-key']).toBeUndefined();
  });
});

describe('a service that is not there', () => {
  it('is told apart from one that refuses', async () => {
    const gone = await startServer(identity);
    await gone.close();
    const error = await thrown(connect({ baseUrl: gone.url, retries: 1 }).whoAmI());
    expect(error).toMatchObject({ code: 'UNREACHABLE', reason: 'refused', sent: false });
    expect((error as Error).message).toBe(`${gone.url}: nothing listens there`);
  });

  it('is not believed with a certificate of another CA', async () => {
    server.answer(json({}));
    const error = await thrown(connect({ tls: { ca: other.cert } }).whoAmI());
    expect(error).toMatchObject({ reason: 'untrusted', sent: false });
    expect(server.seen).toHaveLength(0);
  });

  it('is not waited for longer than the time-out', async () => {
    server.answer(() => undefined);
    const error = await thrown(connect({ timeout: 300, retries: 0 }).whoAmI());
    expect(error).toMatchObject({ reason: 'timeout' });
  });

  it('is not waited for at all once the caller has given up', async () => {
    server.answer(() => undefined);
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    await expect(connect({ signal: stop.signal }).whoAmI()).rejects.toMatchObject({ name: 'AbortError' });
    expect(server.seen).toHaveLength(1);
    await expect(connect({ signal: stop.signal }).whoAmI()).rejects.toMatchObject({ name: 'AbortError' });
    expect(server.seen).toHaveLength(1);
  });

  it('may refuse the client certificate', async () => {
    const strict = await startServer({ ...identity, ca: identity.cert, rejectUnauthorized: true });
    const error = await thrown(connect({ baseUrl: strict.url, retries: 0 }).whoAmI());
    expect(error).toBeInstanceOf(UnreachableError);
    await strict.close();
  });
});
