import { createHash, X509Certificate } from 'node:crypto';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ListenError, Metrics } from '@cartulary/runtime';
import { buildOcspRequest, newSerial, verifyCrl } from '@cartulary/x509';
import { openPublicSide, parsed, type PublicSide } from '../testing/public-side.fixture.spec.js';
import type { PublicRoutes } from './public-routes.js';
import { PublicServer } from './public-server.js';
import type { ReadyReplies } from './ready-replies.js';

const bytesOf = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer());

describe('the public side', () => {
  let side: PublicSide;
  beforeEach(async () => {
    side = await openPublicSide({
      limits: { headersTimeout: 300, requestTimeout: 300, connectionsCheckingInterval: 50 },
    });
  });
  afterEach(() => side.close());

  const crlPath = (): string => `/crl/${side.workload.issuerId}.crl`;
  /** What comes back for these bytes until the server hangs up. */
  const raw = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(side.port, '127.0.0.1', () => socket.write(text));
      let received = '';
      socket.on('data', (chunk) => (received += chunk.toString('latin1')));
      socket.on('close', () => resolve(received));
      socket.on('error', reject);
    });

  describe('a CRL', () => {
    it('comes with what caches need, which is little time', async () => {
      const response = await side.get(crlPath());
      const crl = side.state.crls.find(side.workload.issuerId);
      expect(response.headers.get('content-type')).toBe('application/pkix-crl');
      expect(response.headers.get('cache-control')).toBe('max-age=10, public, no-transform, must-revalidate');
      expect(response.headers.get('expires')).toBe(crl?.nextUpdate.toUTCString());
      expect(response.headers.get('last-modified')).toBe(crl?.thisUpdate.toUTCString());
      const etag = response.headers.get('etag') ?? '';
      expect(etag).toBe(
        `"${createHash('sha256')
          .update(await bytesOf(response))
          .digest('hex')}"`,
      );
      expect((await side.get(crlPath(), { 'if-none-match': etag })).status).toBe(304);
      await side.authority.publishCrl(side.workload);
      expect((await side.get(crlPath(), { 'if-none-match': etag })).status).toBe(200);
    });

    it('has a delta beside it where there are any, and no more when they end', async () => {
      const path = crlPath().replace('.crl', '-delta.crl');
      expect((await side.get(path)).status).toBe(404);
      const base = side.state.crls.find(side.workload.issuerId)!.number;
      const number = await side.authority.publishCrl(side.workload, { deltas: true });
      const response = await side.get(path);
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/pkix-crl']);
      const delta = verifyCrl(await bytesOf(response), side.workload.certificate);
      expect([delta.number, delta.baseNumber]).toEqual([BigInt(number), BigInt(base)]);
      await side.authority.publishCrl(side.workload);
      expect((await side.get(path)).status).toBe(404);
    });

    it('is not withheld from who has one of the same second', async () => {
      const { headers } = await side.get(crlPath());
      const since = headers.get('last-modified') ?? '';
      expect((await side.get(crlPath(), { 'if-modified-since': since })).status).toBe(200);
    });

    it('is never served after its nextUpdate', async () => {
      await side.authority.publishCrl(side.workload, { life: 60_000 });
      side.clock.advance(55_000);
      const last = await side.get(crlPath());
      expect(last.headers.get('cache-control')).toMatch(/^max-age=[45],/);
      side.clock.advance(5_000);
      const response = await side.get(crlPath());
      expect([response.status, response.headers.get('cache-control')]).toEqual([503, 'no-store']);
    });

    it('of an issuer that has none yet is a matter of time', async () => {
      const server = await side.authority.createIssuer(side.root, 'server');
      expect((await side.get(`/crl/${server.issuerId}.crl`)).status).toBe(503);
      expect((await side.get('/crl/0123456789abcdef.crl')).status).toBe(404);
      expect((await side.get('/crl/0123456789abcdef-delta.crl')).status).toBe(404);
    });
  });

  it('gives an issuer’s certificate', async () => {
    const response = await side.get(`/issuers/${side.workload.issuerId}.cer`);
    expect(response.headers.get('content-type')).toBe('application/pkix-cert');
    expect(await bytesOf(response)).toEqual(side.workload.certificate);
    expect((await side.get('/issuers/0123456789abcdef.cer')).status).toBe(404);
  });

  it('gives the workloads’ anchors as a SPIFFE bundle, whose sequence counts its changes alone', async () => {
    const read = async () =>
      (await (await side.get('/bundle.json')).json()) as { keys: object[]; spiffe_sequence: number };
    const bundle = await read();
    const { kty, crv, x, y } = new X509Certificate(side.root.certificate).publicKey.export({ format: 'jwk' });
    const x5c = [side.root.certificate.toString('base64')];
    expect(bundle.keys).toEqual([{ use: 'x509-svid', kty, crv, x, y, x5c }]);
    await side.authority.createIssuer(side.root, 'server');
    expect(await read()).toEqual(bundle);

    const second = await side.authority.createRoot();
    const later = await read();
    expect(later.keys).toHaveLength(2);
    await side.authority.createIssuer(second, 'workload');
    expect(await read()).toEqual(later);
    const created = side.transport.events.find(({ stream }) => stream === `issuer-${second.issuerId}`);
    expect(later.spiffe_sequence).toBe(created?.position);
    expect(later.spiffe_sequence).toBeGreaterThan(bundle.spiffe_sequence);
  });

  it('answers HEAD like GET, without the body', async () => {
    const [head, get] = await Promise.all([fetch(side.url + crlPath(), { method: 'HEAD' }), side.get(crlPath())]);
    expect(head.headers.get('content-length')).toBe(String((await bytesOf(get)).length));
    expect(head.headers.get('etag')).toBe(get.headers.get('etag'));
    expect((await bytesOf(head)).length).toBe(0);
  });

  it('understands the whole URL that a proxy sends', async () => {
    expect(await raw(`GET ${side.url}/healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 200 OK/,
    );
  });

  it.each(['/', '/ocsp', '/crl/', '/crl/../etc/passwd', '/crl/0123456789ABCDEF.crl', '/bundle.json/', '/metrics'])(
    'has nothing at %s',
    async (path) => {
      const answer = await raw(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 404/);
    },
  );

  it('refuses other methods, media types and long bodies', async () => {
    const send = (path: string, method: string, type: string, body: Buffer | undefined) =>
      fetch(side.url + path, { method, headers: { 'content-type': type }, ...(body && { body }) });
    expect((await send(crlPath(), 'DELETE', 'text/plain', undefined)).status).toBe(405);
    expect((await send('/ocsp', 'PUT', 'text/plain', undefined)).headers.get('allow')).toBe('POST');
    expect((await send('/ocsp', 'POST', 'text/plain', Buffer.from('x'))).status).toBe(415);
    expect((await send('/ocsp', 'POST', 'application/ocsp-request', Buffer.alloc(8_193))).status).toBe(413);
    const chunked = ['POST /ocsp HTTP/1.1', 'Host: x', 'Content-Type: application/ocsp-request'].join('\r\n');
    const long = `${chunked}\r\nTransfer-Encoding: chunked\r\n\r\n4000\r\n${'x'.repeat(0x4000)}\r\n`;
    expect(await raw(long)).toMatch(/^HTTP\/1\.1 413/);
  });

  it('hangs up on who sends too slowly or too much', async () => {
    expect(await raw('GET /healthz HTTP/1.1\r\nHost: ')).toMatch(/^HTTP\/1\.1 408/);
    const post =
      'POST /ocsp HTTP/1.1\r\nHost: x\r\nContent-Type: application/ocsp-request\r\nContent-Length: 100\r\n\r\n';
    expect(await raw(post)).toMatch(/^HTTP\/1\.1 408/);
    expect(await raw(`GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431/);
  });

  it('says 503, not 404 or half a bundle, until it has read everything, and tryLater', async () => {
    const late = await openPublicSide({ caughtUp: false });
    const { issuerId, certificate } = late.workload;
    for (const path of [`/crl/${issuerId}.crl`, '/issuers/0123456789abcdef.cer', '/bundle.json']) {
      expect((await late.get(path)).status).toBe(503);
    }
    const request = buildOcspRequest(certificate, [newSerial()]);
    expect((await parsed(await late.postOcsp(request))).status).toBe('tryLater');
    late.transport.heartbeat();
    expect((await late.get('/bundle.json')).status).toBe(200);
    await late.close();
  });

  it.runIf(process.platform === 'linux')('shares its port with others that say so', async () => {
    const [one, other] = [await openPublicSide(), await openPublicSide()];
    await Promise.all([one.server.close(), other.server.close()]);
    const { port } = await one.server.start({ host: '127.0.0.1', port: 0, reusePort: true });
    await other.server.start({ host: '127.0.0.1', port, reusePort: true });
    const ask = async () =>
      (await fetch(`http://127.0.0.1:${port}/healthz`, { headers: { connection: 'close' } })).text();
    for (let asked = 0; asked < 20; asked++) expect(await ask()).toBe('ok\n');
    await one.server.close();
    for (let asked = 0; asked < 20; asked++) expect(await ask()).toBe('ok\n');
    expect(await other.metrics.render()).toContain('kind="health",status="200"');
    await Promise.all([one.close(), other.close()]);
  });

  it('names the address that it cannot listen on, and starts once', async () => {
    const second = new PublicServer({} as PublicRoutes, {} as ReadyReplies, new Metrics({ process: false }));
    await expect(second.start({ host: '127.0.0.1', port: side.port })).rejects.toThrow(ListenError);
    await second.close();
  });

  it('counts requests by kind and status', async () => {
    await side.get('/nothing');
    await side.get(crlPath());
    const metrics = await side.metrics.render();
    expect(metrics).toContain('cartulary_responder_requests_total{kind="other",status="404"} 1');
    expect(metrics).toContain('cartulary_responder_requests_total{kind="crl",status="200"} 1');
  });
});
