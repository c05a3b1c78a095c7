import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProblemError, UnexpectedAnswerError } from './errors.js';
import { bytes, hangUp, json, type LocalServer, refuse, startServer } from './local-server.fixture.spec.js';
import { fetchPublication, PublicClient } from './public-client.js';

const der = Buffer.from([0x30, 0x03, 0x0a, 0x01, 0x00]);
const issuerId = '0123456789abcdef';
let server: LocalServer;
let client: PublicClient;

beforeAll(async () => {
  server = await startServer();
  client = new PublicClient({ baseUrl: `${server.url}/pki/`, retries: 1 });
});
afterAll(async () => {
  await client.close();
  await server.close();
});

describe('PublicClient', () => {
  it('fetches CRL and issuer certificate below its base', async () => {
    server.answer(bytes('application/pkix-crl', der));
    expect(await client.crl(issuerId)).toEqual(der);
    expect(await client.issuerCertificate(issuerId)).toEqual(der);
    expect(server.seen.map(({ url }) => url)).toEqual([`/pki/crl/${issuerId}.crl`, `/pki/issuers/${issuerId}.cer`]);
  });

  it('asks OCSP by POST and by GET', async () => {
    server.answer(bytes('application/ocsp-response', der));
    const request = Buffer.from([0xfb, 0xff, 0xfe]);
    expect(await client.ocsp(request)).toEqual(der);
    expect(await client.ocsp(request, 'GET')).toEqual(der);
    const [post, get] = server.seen;
    expect(post).toMatchObject({ method: 'POST', url: '/pki/ocsp', body: request });
    expect(post?.headers['content-type']).toBe('application/ocsp-request');
    expect(get).toMatchObject({ method: 'GET', url: '/pki/ocsp/%2B%2F%2F%2B' });
  });

  it('gives the responder’s own refusal as it is', async () => {
    server.answer(bytes('application/ocsp-response', der, 503));
    expect(await client.ocsp(der)).toEqual(der);
  });

  it('reads the bundle', async () => {
    const bundle = { keys: [], spiffe_sequence: 3, spiffe_refresh_hint: 300 };
    server.answer(json(bundle));
    expect(await client.bundle()).toEqual(bundle);
    server.answer(bytes('application/json', Buffer.from('no')));
    await expect(client.bundle()).rejects.toBeInstanceOf(UnexpectedAnswerError);
  });

  it('repeats after a broken connection and throws what is refused', async () => {
    server.answer(hangUp, bytes('application/pkix-crl', der));
    expect(await client.crl(issuerId)).toEqual(der);
    server.answer(refuse('ISSUER_NOT_FOUND'));
    await expect(client.crl(issuerId)).rejects.toBeInstanceOf(ProblemError);
  });

  it('fetches from wherever a certificate points', async () => {
    server.answer(bytes('application/pkix-crl', der));
    expect(await fetchPublication(`${server.url}/some/where.crl?x=1`)).toEqual(der);
    expect(server.seen[0]?.url).toBe('/some/where.crl?x=1');
  });
});
