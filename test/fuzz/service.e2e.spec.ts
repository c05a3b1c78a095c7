import { rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { problemCodesOf, type Route, routes } from '@cartulary/contracts';
import { buildOcspRequest, derToPem, newSerial, parseOcspResponse, pemToDer } from '@cartulary/x509';
import { makeRequest } from '../support/enrol.js';
import { fuzz, isWhole } from '../support/fuzz/campaign.js';
import { type CsrSeed, csrSeeds, resigned } from '../support/fuzz/der-seeds.js';
import { mutateDer } from '../support/fuzz/mutate-der.js';
import { callFor } from '../support/fuzz/mutate-json.js';
import { rawRequest } from '../support/fuzz/raw-requests.js';
import { type Call, FuzzedService, refusalOf } from '../support/fuzz/service.js';
import { openDirectory } from '../support/faults/own-postgres.js';
import { rawHttp, rawHttps } from '../support/faults/raw-http.js';

const PATIENCE_MS = 60_000;
const identity = 'spiffe://cluster.local/ns/fuzz/sa/web';
const directory = openDirectory('fuzz');

let service: FuzzedService;
let csrs: CsrSeed[];
let ocspRequests: Buffer[];

beforeAll(async () => {
  [service, csrs] = await Promise.all([FuzzedService.start(directory), csrSeeds()]);
  expect((await service.json('POST', '/v1/identities', { id: identity })).status).toBe(201);
  const issued = await service.json('POST', '/v1/certificates', { csr: (await makeRequest()).csr, identity });
  const { chain, serial } = JSON.parse(issued.body.toString()) as { chain: string; serial: string };
  const end = '-----END CERTIFICATE-----';
  const issuer = pemToDer(chain.slice(0, chain.indexOf(end) + end.length), 'CERTIFICATE');
  ocspRequests = [
    buildOcspRequest(issuer, [serial]),
    buildOcspRequest(issuer, [serial, newSerial()], { hash: 'sha256', nonce: Buffer.alloc(32, 3) }),
  ];
  await service.rebase();
});
afterAll(async () => {
  await service?.dispose();
  rmSync(directory, { recursive: true, force: true });
});
afterEach(() => service.isUnharmed());

const inTime = (slowestMs: number) => expect(slowestMs).toBeLessThan(PATIENCE_MS);
const asBytes = (call: Call): Buffer =>
  Buffer.from(JSON.stringify({ ...call, body: call.body?.toString('base64') }), 'utf8');
const asCall = (bytes: Buffer): Call => {
  const { body, ...call } = JSON.parse(bytes.toString()) as Omit<Call, 'body'> & { body?: string };
  return body === undefined ? call : { ...call, body: Buffer.from(body, 'base64') };
};

/** What a call comes to; an answer that is no refusal may only be where it is allowed. */
const outcomeOf = async (call: Call, route?: Route): Promise<string> => {
  const answer = await service.call(call);
  if (answer.status < 400) return call.method === 'GET' || call.method === 'HEAD' ? 'read' : 'done';
  if (call.method === 'HEAD') {
    expect(answer.status).toBeLessThan(500);
    return 'HEAD refused';
  }
  return refusalOf(answer, route && problemCodesOf(route));
};

const everyRoute = Object.values(routes) as readonly Route[];

describe('a service that is sent garbage', () => {
  it('refuses CSRs or certifies them, and says which', async () => {
    const { slowestMs, outcomes } = await fuzz({
      name: 'CSR over REST',
      inputs: [400, 12_000],
      width: 8,
      make: (random) =>
        random.next() < 0.5
          ? resigned(random.pick(csrs), random)
          : mutateDer(
              csrs.map(({ der }) => der),
              random,
            ),
      check: async (input) => {
        const csr = derToPem(input, 'CERTIFICATE REQUEST');
        const answer = await service.json('POST', '/v1/certificates', { csr, identity });
        if (answer.status !== 201) return refusalOf(answer, problemCodesOf(routes.issueCertificate));
        service.acknowledge();
        expect((JSON.parse(answer.body.toString()) as { identity: string }).identity).toBe(identity);
        return 'issued';
      },
    });
    inTime(slowestMs);
    if (isWhole) expect(outcomes.get('CSR_MALFORMED')).toBeGreaterThan(0);
  });

  it('appends nothing for one who may only read', async () => {
    const { slowestMs, outcomes } = await fuzz({
      name: 'REST, read only',
      inputs: [800, 25_000],
      width: 8,
      make: (random) => asBytes({ ...callFor(random.pick(everyRoute), random), asAuditor: true }),
      check: (input) => outcomeOf(asCall(input)),
    });
    inTime(slowestMs);
    expect(outcomes.has('done')).toBe(false);
  });

  it('answers an operator on every route with what is documented', async () => {
    const { slowestMs } = await fuzz({
      name: 'REST',
      inputs: [600, 20_000],
      width: 8,
      make: (random) => asBytes(callFor(random.pick(everyRoute), random)),
      check: (input) => outcomeOf(asCall(input)),
    });
    inTime(slowestMs);
    // What this one asked for and got is in the ledger, and may go on: a rotation, a block.
    await service.rebase();
  });

  it('hangs up on what is no HTTP, or answers it', async () => {
    const { ca, cert, key } = ['root.crt', 'operator.crt', 'operator.key']
      .map((name) => service.process.read(name))
      .reduce(
        (all, text, index) => ({ ...all, [['ca', 'cert', 'key'][index]!]: text }),
        {} as Record<'ca' | 'cert' | 'key', string>,
      );
    await fuzz({
      name: 'raw HTTP',
      inputs: [80, 3_000],
      width: 8,
      make: (random) => Buffer.concat([Buffer.from([random.between(0, 1)]), rawRequest(random)]),
      check: async (input) => {
        const request = { parts: [input.subarray(1)], patienceMs: 1_500 };
        const { restUrl, publicUrl } = service.process;
        const { status } = await (input[0] === 0
          ? rawHttps(restUrl, { ca, cert, key }, request)
          : rawHttp(publicUrl, request));
        expect(status).toBeLessThan(500);
        return status === 0 ? 'no answer' : `${Math.floor(status / 100)}xx`;
      },
    });
  });

  it('answers OCSP requests by POST and GET with an OCSP response', async () => {
    const statusOf = async (answer: Response): Promise<string> => {
      const body = Buffer.from(await answer.arrayBuffer());
      expect(answer.status, body.toString()).toBeLessThan(500);
      if (answer.status !== 200) return String(answer.status);
      const { status } = parseOcspResponse(body);
      expect(['malformedRequest', 'unauthorized', 'successful']).toContain(status);
      return status;
    };
    const post = (body: Buffer): Promise<Response> =>
      fetch(`${service.process.publicUrl}/ocsp`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/ocsp-request' },
        body: new Uint8Array(body),
      });
    const get = (path: string): Promise<Response> =>
      fetch(`${service.process.publicUrl}/ocsp/${path}`, { redirect: 'manual' });
    const { slowestMs, outcomes } = await fuzz({
      name: 'OCSP',
      inputs: [800, 40_000],
      width: 8,
      make: (random) => Buffer.concat([Buffer.from([random.between(0, 3)]), mutateDer(ocspRequests, random)]),
      check: async (input) => {
        const bytes = input.subarray(1);
        if (input[0]! < 2) return statusOf(await post(bytes));
        const text = bytes.toString('base64').slice(0, 12_000);
        return statusOf(await get(input[0] === 2 ? encodeURIComponent(text) : text || '%'));
      },
    });
    inTime(slowestMs);
    if (isWhole) expect(outcomes.get('malformedRequest')).toBeGreaterThan(0);
    expect(await statusOf(await post(ocspRequests[0]!))).toBe('successful');
  });
});
