import { request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Problem } from '../problems/problem.js';
import { startCharters, type Started } from './charters.fixture.spec.js';

let app: Started;
beforeAll(async () => {
  app = await startCharters({
    bodyLimit: 1_000,
    bodyLimits: { 'POST /v1/charters:batch': 5_000 },
    maxConnections: 50,
    timeouts: { headers: 300, request: 600, check: 50 },
  });
});
afterAll(() => app.close());

const json = (body: string): RequestInit => ({
  method: 'POST',
  body,
  headers: { 'content-type': 'application/json' },
});
const problem = async (response: Response): Promise<Problem> => {
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(response.headers.get('cache-control')).toBe('no-store');
  return (await response.json()) as Problem;
};

/** Writes raw octets and gives back all that the server says until it hangs up. */
const talk = (port: number, text: string, dribble?: { every: number; text: string }): Promise<string> =>
  new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    const timer = dribble && setInterval(() => socket.write(dribble.text), dribble.every);
    socket.on('data', (data) => (answer += data.toString()));
    socket.on('error', reject);
    socket.on('close', () => {
      clearInterval(timer);
      resolve(answer);
    });
  });

describe('routes', () => {
  it('have literal colons', async () => {
    const response = await fetch(`${app.url}/v1/charters:batch`, json('[1]'));
    expect(await response.json()).toEqual({ batch: [1] });
  });

  it('do not take the literal colon for a parameter', async () => {
    const response = await fetch(`${app.url}/v1/chartersX`, json('[1]'));
    expect(await problem(response)).toMatchObject({ status: 404, code: 'NOT_FOUND' });
  });

  it('take a percent-encoded SPIFFE ID of the longest form as one parameter', async () => {
    const id = `spiffe://cluster.local/ns/${'n'.repeat(1_900)}/sa/a`;
    const response = await fetch(`${app.url}/v1/charters/${encodeURIComponent(id)}`);
    expect(await response.json()).toEqual({ id, trustDomain: 'cluster.local' });
  });

  it('that do not exist are a problem', async () => {
    const response = await fetch(`${app.url}/v2/nothing?x=1`);
    expect(await problem(response)).toMatchObject({
      type: 'https://cartulary.dev/problems/not-found',
      status: 404,
      code: 'NOT_FOUND',
      instance: response.headers.get('x-correlation-id'),
    });
  });

  it('say which methods they have when asked by another', async () => {
    const response = await fetch(`${app.url}/v1/charters/7`, { method: 'DELETE' });
    expect(await problem(response)).toMatchObject({ status: 405, code: 'METHOD_NOT_ALLOWED' });
    expect(response.headers.get('allow')).toBe('GET, HEAD');
  });

  it('refuse a malformed URL', async () => {
    expect(await problem(await fetch(`${app.url}/v1/charters/%zz`))).toMatchObject({
      status: 400,
      code: 'INVALID_URL',
    });
  });
});

describe('bodies', () => {
  it.each([
    ['text that is not JSON', '{"a":', 400, 'INVALID_JSON'],
    ['nothing at all', '', 400, 'INVALID_JSON'],
    ['__proto__', '{"__proto__":{"admin":true}}', 400, 'INVALID_JSON'],
    ['a constructor’s prototype', '{"constructor":{"prototype":{"admin":true}}}', 400, 'INVALID_JSON'],
    ['too much', JSON.stringify('x'.repeat(1_000)), 413, 'PAYLOAD_TOO_LARGE'],
  ])('with %s are refused', async (_what, body, status, code) => {
    const response = await fetch(`${app.url}/v1/charters`, json(body));
    expect(await problem(response)).toMatchObject({ status, code });
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/xml'])(
    'of type %s are refused',
    async (type) => {
      const response = await fetch(`${app.url}/v1/charters`, {
        method: 'POST',
        body: 'a=b',
        headers: { 'content-type': type },
      });
      expect(await problem(response)).toMatchObject({ status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' });
    },
  );

  it('may be larger on a route that says so, up to its own limit', async () => {
    const of = (size: number): Promise<Response> =>
      fetch(`${app.url}/v1/charters:batch`, json(JSON.stringify('x'.repeat(size))));
    expect((await of(4_900)).status).toBe(201);
    expect((await of(5_001)).status).toBe(413);
  });
});

describe('errors', () => {
  const failing = (kind: string): Promise<Response> => fetch(`${app.url}/v1/failures/${kind}`);

  it('with a code in the table keep it, their message and their extensions', async () => {
    expect(await problem(await failing('own'))).toMatchObject({
      type: 'https://cartulary.dev/problems/charter-not-found',
      title: 'There is no such charter',
      status: 404,
      detail: 'no charter magna',
      code: 'CHARTER_NOT_FOUND',
      charter: 'magna',
      errors: [{ pointer: '/name', message: 'unknown' }],
    });
  });

  it.each(['unforeseen', 'system'])('that are %s tell the caller nothing and the log everything', async (kind) => {
    const response = await failing(kind);
    const body = await problem(response);
    expect(body).toMatchObject({ status: 500, code: 'INTERNAL' });
    expect(body.detail).toBeUndefined();
    expect(JSON.stringify(body)).not.toMatch(/secret|10\.1\.2\.3/);
    const line = app.lines.find((entry) => entry['requestId'] === body.instance && entry['err'] !== undefined);
    expect(line?.['err']).toMatchObject({ stack: expect.stringContaining('charters.fixture') as string });
  });

  it('say when to come again', async () => {
    expect((await failing('busy')).headers.get('retry-after')).toBe('7');
  });

  it('say how to authenticate', async () => {
    const response = await failing('anonymous');
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/);
  });
});

describe('a request', () => {
  it('keeps the correlation id of its caller through its body and into the log', async () => {
    const { headers } = json('');
    const response = await fetch(`${app.url}/v1/charters`, {
      ...json('{"a":1}'),
      headers: { ...headers, 'x-correlation-id': 'order-66' },
    });
    expect(response.headers.get('x-correlation-id')).toBe('order-66');
    expect(await response.json()).toEqual({ body: { a: 1 }, seen: 'order-66' });
    await expect
      .poll(() => app.lines.find((line) => line['correlationId'] === 'order-66'))
      .toMatchObject({ method: 'POST', route: '/v1/charters', status: 201, caller: 'spiffe://cluster.local/test' });
  });

  it('gets a new correlation id for one that could forge log lines', async () => {
    const response = await fetch(`${app.url}/healthz`, { headers: { 'x-correlation-id': 'a b' } });
    expect(response.headers.get('x-correlation-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('gets headers that keep its answer out of caches and frames', async () => {
    const response = await fetch(`${app.url}/healthz`);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(response.headers.get('cache-control')).toBe('no-store');
  });
});

describe('slow and broken clients', () => {
  it('that never finish their headers are cut off', async () => {
    const start = performance.now();
    const answer = await talk(app.port, 'GET /healthz HTTP/1.1\r\nHost: x\r\n', { every: 40, text: 'X-A: b\r\n' });
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain('"code":"REQUEST_TIMEOUT"');
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  it('that never finish their body are cut off', async () => {
    const head =
      'POST /v1/charters HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n';
    const start = performance.now();
    await talk(app.port, head, { every: 40, text: ' ' });
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  it('that send anything but HTTP get a problem', async () => {
    expect(await talk(app.port, '\x16\x03\x01 hello\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [^]*"code":"BAD_REQUEST"/);
  });

  it('that expect what nobody knows are answered all the same', async () => {
    const answer = await talk(app.port, 'GET /nothing HTTP/1.1\r\nHost: x\r\nExpect: x\r\nConnection: close\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 404 [^]*"code":"NOT_FOUND"/);
  });

  it('that send endless headers get a problem', async () => {
    const answer = await talk(app.port, `GET / HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(20_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 [^]*"code":"HEADERS_TOO_LARGE"/);
  });
});

describe('operations', () => {
  it('answer that the process is alive', async () => {
    expect(await (await fetch(`${app.url}/healthz`)).json()).toEqual({ status: 'alive' });
  });

  it('answer 503 with the failing check until it passes', async () => {
    const remove = app.health.register('database', () =>
      Promise.reject(Object.assign(new Error('x'), { code: 'DOWN' })),
    );
    const response = await fetch(`${app.url}/readyz`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ ready: false, checks: { database: { ok: false, detail: 'DOWN' } } });
    remove();
    expect((await fetch(`${app.url}/readyz`)).status).toBe(200);
  });

  it('count requests by the pattern of their route', async () => {
    await fetch(`${app.url}/v1/charters/7`);
    const text = await (await fetch(`${app.url}/metrics`)).text();
    expect(text).toMatch(/cartulary_http_request_duration_seconds_count\{.*route="\/v1\/charters\/:id".*\} \d/);
    expect(text).not.toContain('/v1/charters/7');
  });
});

describe('closing', () => {
  it('lets a request under way finish and refuses new ones', async () => {
    const other = await startCharters();
    const slow = fetch(`${other.url}/v1/slow/200`);
    await expect.poll(() => connections(other)).toBe(1);
    const closed = other.close();
    const response = await slow;
    expect(response.headers.get('connection')).toBe('close');
    expect(await response.json()).toEqual({ slept: '200' });
    await closed;
    await expect(fetch(`${other.url}/healthz`)).rejects.toThrow();
  });

  it('does not wait for idle connections', async () => {
    const other = await startCharters();
    await new Promise<void>((resolve, reject) => {
      const call = request(`${other.url}/healthz`, { headers: { connection: 'keep-alive' } }, (response) => {
        response.resume().on('end', resolve);
      });
      call.on('error', reject).end();
    });
    const start = performance.now();
    await other.close();
    expect(performance.now() - start).toBeLessThan(1_000);
  });

  it('explains an address that is taken', async () => {
    await expect(
      startCharters().then((second) => second.listen({ host: '127.0.0.1', port: app.port })),
    ).rejects.toThrow(/cannot listen|already/);
  });
});

const connections = (started: Started): Promise<number> =>
  new Promise((resolve, reject) => {
    started.app.getHttpServer().getConnections((error: Error | null, count: number) => {
      if (error) reject(error);
      else resolve(count);
    });
  });
