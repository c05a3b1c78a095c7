import { rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { StandaloneProcess } from '@cartulary/testing';
import { createTestDatabase, type TestDatabase } from '@cartulary/ledger/testing';
import { buildOcspRequest, ocspErrorResponse, parseOcspResponse } from '@cartulary/x509';
import { firstOperator, makeRequest, restOf } from '../support/enrol.js';
import { badRequests, goodRequest } from '../support/faults/bad-requests.js';
import { issuersOf } from '../support/faults/collect.js';
import { openDirectory } from '../support/faults/own-postgres.js';
import { Random } from '../support/faults/random.js';
import { rawHttp, rawHttps, residentMiB } from '../support/faults/raw-http.js';
import { ledgerProblems, readFacts } from '../support/faults/read-ledger.js';
import { type IssuerToWatch } from '../support/faults/relying-party.js';

const full = process.env['CARTULARY_FULL'] === '1';
const RANDOM_REQUESTS = full ? 20_000 : 1_500;
const GROWTH_MIB = 128;
const identity = 'spiffe://cluster.local/ns/bad/sa/input';
const path = '/v1/certificates';

let database: TestDatabase;
let service: StandaloneProcess;
let rest: ReturnType<typeof restOf>;
let issuer: IssuerToWatch;
let pid: number;
const directory = openDirectory('bad-input');

/** Positions of everything but CRLs, which are refreshed by themselves. */
const decided = async (): Promise<number[]> =>
  (await readFacts(database.ownerUrl)).filter(({ type }) => !type.startsWith('Crl')).map(({ position }) => position);

beforeAll(async () => {
  database = await createTestDatabase();
  service = await StandaloneProcess.start({ databaseUrl: database.ownerUrl, dataDirectory: directory });
  pid = service.pid;
  rest = restOf(service, firstOperator(service));
  issuer = [...(await issuersOf(service)).values()].find(({ purpose }) => purpose === 'workload')!;
  await rest.post('/v1/identities', { id: identity }).expect(201);
});
afterAll(async () => {
  await service?.dispose();
  await database?.drop();
  rmSync(directory, { recursive: true, force: true });
});

let before: { decided: number[]; memory: number };
beforeEach(async () => {
  before = { decided: await decided(), memory: residentMiB(pid) };
});
// After each: nothing was appended, no memory is held, the process is the same one and works.
afterEach(async () => {
  expect(await decided()).toEqual(before.decided);
  const growth = residentMiB(pid) - before.memory;
  console.log(`memory ${before.memory} MiB, growth ${growth} MiB`);
  expect(growth).toBeLessThan(GROWTH_MIB);
  expect(service.running && service.pid === pid).toBe(true);
  await rest.get('/v1/whoami').expect(200);
  expect(service.log()).not.toMatch(/uncaught|unhandled|"level":60/i);
});

const problemOf = async (call: ReturnType<typeof rest.post>): Promise<[number, string | undefined]> => {
  const { status, body, headers } = await call;
  if (status !== 200) expect(headers['content-type']).toMatch('application/problem+json');
  return [status, body.code];
};

describe('the REST API refuses', () => {
  it('bad CSRs, each with its code', async () => {
    const requests = await badRequests();
    const answers = [];
    for (const { csr } of requests) answers.push(await problemOf(rest.post(path, { csr, identity })));
    const expected = requests.map(({ what, status, code }) => [what, status, code]);
    expect(answers.map((answer, index) => [requests[index]!.what, ...answer])).toEqual(expected);
  });

  it('a batch of bad CSRs one by one', async () => {
    // What breaks the schema refuses the whole batch.
    const requests = (await badRequests()).filter(({ code }) => code !== 'INVALID_REQUEST');
    const { body } = await rest
      .post('/v1/certificates:batch', { requests: requests.map(({ csr }) => ({ csr, identity })) })
      .expect(200);
    const codes = body.results.map(({ problem }: { problem: { code: string } }) => problem.code);
    expect(codes).toEqual(requests.map(({ code }) => code));
  });

  it('CSRs that chance has damaged', async () => {
    const random = Random.announced('damaged CSRs');
    const good = await goodRequest();
    const codes = new Map<string, number>();
    for (let number = 0; number < (full ? 3_000 : 150); number++) {
      const bytes = Buffer.from(good);
      for (let flips = random.between(1, 4); flips > 0; flips--) {
        bytes[random.between(0, bytes.length - 1)]! ^= random.between(1, 255);
      }
      const csr = `-----BEGIN CERTIFICATE REQUEST-----\n${bytes.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
      const [status, code] = await problemOf(rest.post(path, { csr, identity }));
      expect([400, 413, 422], `${csr} was answered ${status} ${code}`).toContain(status);
      codes.set(code!, (codes.get(code!) ?? 0) + 1);
    }
    console.log(JSON.stringify(Object.fromEntries(codes)));
  });

  it('bodies that are no request', async () => {
    const { csr } = await makeRequest();
    const send = (text: string, type = 'application/json') => rest.post(path).set('Content-Type', type).send(text);
    const wide = JSON.stringify(Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`k${n}`, n])));
    const bodies: [string, ReturnType<typeof send>, number, string][] = [
      ['no JSON', send('{"csr":'), 400, 'INVALID_JSON'],
      ['an empty body', send(''), 400, 'INVALID_JSON'],
      ['nesting', send(`{"csr":${'['.repeat(200_000)}${']'.repeat(200_000)}}`), 400, 'INVALID_REQUEST'],
      ['objects in objects', send(`${'{"csr":'.repeat(100_000)}1${'}'.repeat(100_000)}`), 400, 'INVALID_REQUEST'],
      ['20 000 names', send(wide), 400, 'INVALID_REQUEST'],
      [
        'a prototype',
        send(JSON.stringify({ csr }).replace('{', '{"__proto__":{"identity":"x"},')),
        400,
        'INVALID_JSON',
      ],
      ['a constructor', send(`{"csr":"x","constructor":{"prototype":{"a":1}}}`), 400, 'INVALID_JSON'],
      ['an unknown field', send(JSON.stringify({ csr, identity, isAdmin: true })), 400, 'INVALID_REQUEST'],
      ['another type', send(`csr=${csr}`, 'application/x-www-form-urlencoded'), 415, 'UNSUPPORTED_MEDIA_TYPE'],
      ['a number in place of text', send('{"csr":1e999}'), 400, 'INVALID_REQUEST'],
      ['an array', send('[1,2,3]'), 400, 'INVALID_REQUEST'],
      ['null', send('null'), 400, 'INVALID_REQUEST'],
      ['NUL in the identity', send(JSON.stringify({ csr, identity: `${identity}\u0000` })), 400, 'INVALID_VALUE'],
      ['2 MiB', send(JSON.stringify({ csr: 'A'.repeat(2 ** 21) })), 413, 'PAYLOAD_TOO_LARGE'],
    ];
    for (const [what, call, ...expected] of bodies)
      expect([what, ...(await problemOf(call))]).toEqual([what, ...expected]);
  });

  it('what it can’t find its way to', async () => {
    const get = (target: string) => problemOf(rest.get(target));
    expect(await get('/v1/certificates/%00')).toEqual([400, expect.any(String)]);
    expect(await get('/v1/certificates/../../etc/passwd')).toEqual([404, 'NOT_FOUND']);
    expect(await get('/v1/certificates/zz')).toEqual([400, expect.any(String)]);
    expect(await get(`/v1/certificates/${'a'.repeat(6_000)}`)).toEqual([414, 'URI_TOO_LONG']);
    expect(await get('/v1/identities/%E0%A4%A')).toEqual([400, 'INVALID_URL']);
    expect(await get('/v1/ledger/events?after=-1')).toEqual([400, 'INVALID_REQUEST']);
    expect(await get('/v1/ledger/events?after=1e400')).toEqual([400, 'INVALID_REQUEST']);
    expect(await get("/v1/certificates?cursor='%20OR%201=1")).toEqual([400, expect.any(String)]);
    expect(await get('/v1/certificates?limit=1&limit=2')).toEqual([400, 'INVALID_REQUEST']);
    expect(await get('/v1/certificates?__proto__[a]=1')).toEqual([400, 'INVALID_REQUEST']);
  });

  it('headers that are too large, too many, or smuggle', async () => {
    const tls = { ca: service.read('root.crt'), cert: service.read('operator.crt'), key: service.read('operator.key') };
    const send = (text: string) => rawHttps(service.restUrl, tls, { parts: [text], patienceMs: 15_000 });
    const large = await send(`GET /v1/whoami HTTP/1.1\r\nHost: a\r\nX-Large: ${'a'.repeat(64_000)}\r\n\r\n`);
    expect([large.status, JSON.parse(large.body.toString()).code]).toEqual([431, 'HEADERS_TOO_LARGE']);
    const many = Array.from({ length: 5_000 }, (_, n) => `X-${n}: a\r\n`).join('');
    expect((await send(`GET /v1/whoami HTTP/1.1\r\nHost: a\r\n${many}\r\n`)).status).toBe(431);
    const both = `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n`;
    expect((await send(both)).status).toBe(400);
    expect((await send('\x16\x03\x01 this is not HTTP\r\n\r\n')).status).toBe(400);
    const key = 'k'.repeat(300);
    const { csr } = await makeRequest();
    expect(await problemOf(rest.post(path, { csr, identity }).set('Idempotency-Key', key))).toEqual([
      400,
      'INVALID_REQUEST',
    ]);
  });

  it('clients that are slow on purpose, while others are served', async () => {
    const tls = { ca: service.read('root.crt'), cert: service.read('operator.crt'), key: service.read('operator.key') };
    const drip = function* (head: string): Generator<string> {
      yield head;
      for (let number = 0; ; number++) yield `X-${number}: a\r\n`;
    };
    const slow = (head: string) =>
      rawHttps(service.restUrl, tls, { parts: drip(head), pauseMs: 500, patienceMs: 60_000 });
    const headers = Array.from({ length: 50 }, () => slow('GET /v1/whoami HTTP/1.1\r\nHost: a\r\n'));
    const bodies = Array.from({ length: 50 }, () =>
      slow(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 500000\r\n\r\n{`),
    );
    const publicSide = Array.from({ length: 50 }, () =>
      rawHttp(service.publicUrl, {
        parts: drip('POST /ocsp HTTP/1.1\r\nHost: a\r\n'),
        pauseMs: 500,
        patienceMs: 60_000,
      }),
    );
    const start = performance.now();
    await rest.get('/v1/whoami').expect(200);
    expect(performance.now() - start).toBeLessThan(5_000);
    const ended = await Promise.all([...headers, ...bodies, ...publicSide]);
    const slowest = Math.max(...ended.map(({ ms }) => ms));
    console.log(`150 slow clients, the last cut off after ${slowest} ms`);
    expect(slowest).toBeLessThan(50_000);
    expect(new Set(ended.map(({ status }) => status))).toEqual(new Set([408]));
  });
});

describe('the public side refuses', () => {
  const post = (body: Buffer) =>
    fetch(`${service.publicUrl}/ocsp`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/ocsp-request' },
      body: new Uint8Array(body),
    });
  const malformed = ocspErrorResponse('malformedRequest');

  it('paths that lead elsewhere', async () => {
    const targets = [
      '/../../etc/passwd',
      '/crl/../keys/root.crl',
      '/crl/..%2f..%2fkeystore.passphrase',
      '/crl/%2e%2e/x.crl',
      '/issuers/0000000000000000.cer',
      '/crl/0000000000000000.crl',
      `/crl/${'f'.repeat(10_000)}.crl`,
      '/crl/%00.crl',
      '//etc/passwd',
      '/.cartulary/operator.key',
      '/__proto__',
      '/constructor',
      '/v1/certificates',
    ];
    for (const target of targets) {
      const { status, body } = await rawHttp(service.publicUrl, {
        parts: [`GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`],
      });
      expect([target, status]).toEqual([target, 404]);
      expect(body.toString()).not.toMatch(/root:|PRIVATE|cartulary-/);
    }
  });

  it('OCSP garbage, with malformedRequest and nothing else', async () => {
    const random = Random.announced('OCSP garbage');
    const good = buildOcspRequest(issuer.certificate, ['01'.repeat(17)], { nonce: Buffer.alloc(16, 7) });
    const statuses = new Map<string, number>();
    const ask = async (bytes: Buffer): Promise<void> => {
      const answer = await post(bytes);
      const der = Buffer.from(await answer.arrayBuffer());
      expect(answer.status, bytes.toString('hex')).toBe(200);
      const parsed = parseOcspResponse(der);
      statuses.set(parsed.status, (statuses.get(parsed.status) ?? 0) + 1);
      expect(['malformedRequest', 'unauthorized', 'successful'], bytes.toString('hex')).toContain(parsed.status);
    };
    const make = (): Buffer => {
      const kind = random.between(0, 3);
      if (kind === 0) return random.bytes(random.between(0, 400));
      if (kind === 1) return good.subarray(0, random.between(0, good.length - 1));
      const bytes = Buffer.from(good);
      for (let flips = random.between(1, kind * 2); flips > 0; flips--) {
        bytes[random.between(0, bytes.length - 1)] = random.between(0, 255);
      }
      return bytes;
    };
    let left = RANDOM_REQUESTS;
    const worker = async (): Promise<void> => {
      while (left-- > 0) await ask(make());
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    console.log(JSON.stringify(Object.fromEntries(statuses)));
    expect(statuses.get('malformedRequest')).toBeGreaterThan(RANDOM_REQUESTS / 4);
    for (const bytes of [Buffer.alloc(0), Buffer.from('30', 'hex'), Buffer.from('3080', 'hex'), random.bytes(4_000)]) {
      expect(Buffer.from(await (await post(bytes)).arrayBuffer())).toEqual(malformed);
    }
  });

  it('what is too large, of another type, or no OCSP by GET', async () => {
    expect((await post(Buffer.alloc(100_000, 0x30))).status).toBe(413);
    const other = await fetch(`${service.publicUrl}/ocsp`, { method: 'POST', body: 'x' });
    expect(other.status).toBe(415);
    expect((await fetch(`${service.publicUrl}/ocsp`, { method: 'DELETE' })).status).toBe(405);
    for (const encoded of ['x', '%', '%00', '%ff%ff', '../..', 'A'.repeat(8_000)]) {
      const answer = await fetch(`${service.publicUrl}/ocsp/${encoded}`, { redirect: 'manual' });
      const allowed = answer.status === 404 || Buffer.from(await answer.arrayBuffer()).equals(malformed);
      expect(allowed, `${encoded} was answered ${answer.status}`).toBe(true);
    }
    const huge = `GET /ocsp/${'A'.repeat(40_000)} HTTP/1.1\r\nHost: a\r\n\r\n`;
    expect((await rawHttp(service.publicUrl, { parts: [huge], patienceMs: 15_000 })).status).toBe(431);
  });
});

it('and the ledger is whole afterwards', async () => {
  const { csr } = await makeRequest();
  await rest.post(path, { csr, identity }).expect(201);
  before = { ...before, decided: await decided() };
  expect(await ledgerProblems(database.ownerUrl)).toEqual([]);
});
