import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildOcspRequest, newSerial, OcspError, verifyOcspResponse } from '@cartulary/x509';
import type { Serial } from '@cartulary/domain';
import {
  ocspPath,
  openPublicSide,
  parsed,
  type PublicSide,
  testSettings,
} from '../testing/public-side.fixture.spec.js';
import type { TestCertificate } from '../testing/test-authority.fixture.spec.js';

const { clockSkew, heartbeat, ocsp } = testSettings;

describe('OCSP', () => {
  let side: PublicSide;
  let certificate: TestCertificate;
  beforeEach(async () => {
    side = await openPublicSide();
    certificate = await side.authority.issue(side.workload);
  });
  afterEach(() => side.close());

  const get = (serials: readonly string[], issuer = side.workload): Promise<Response> =>
    side.get(ocspPath(buildOcspRequest(issuer.certificate, serials)));
  const nobody = (): TestCertificate => ({ ...certificate, serial: newSerial() as Serial });
  const single = async (response: Response) => {
    const answer = await parsed(response);
    if (answer.status !== 'successful') throw new Error(answer.status);
    const [first] = answer.responses;
    if (!first) throw new Error('an answer without a status');
    return { ...answer, ...first };
  };
  const signatures = async (): Promise<number> => {
    const [, count] = /responder_ocsp_signatures_total (\d+)/.exec(await side.metrics.render()) ?? [];
    return Number(count);
  };
  const error = async (certificates: TestCertificate): Promise<string> => (await side.ask(certificates)).status;

  describe('dates', () => {
    it('what it knows by its last heartbeat, never by now', async () => {
      const heartbeatAt = side.state.asOf?.getTime() ?? 0;
      side.clock.advance(60_000);
      const { thisUpdate, nextUpdate, producedAt } = await single(await get([certificate.serial]));
      const seconds = (ms: number): Date => new Date(Math.floor(ms / 1_000) * 1_000);
      expect(thisUpdate).toEqual(seconds(heartbeatAt - clockSkew));
      expect(nextUpdate).toEqual(seconds(heartbeatAt + ocsp.validity));
      expect(producedAt).toEqual(seconds(side.clock.now().getTime()));
    });

    it('nothing beyond what it knows: cut off, it answers until nextUpdate and then refuses', async () => {
      side.transport.cutOff = true;
      side.clock.advance(ocsp.validity - 2_000);
      side.transport.heartbeat();
      expect(await error(certificate)).toBe('successful');
      side.clock.advance(2_000);
      expect(await error(certificate)).toBe('tryLater');
      expect((await get([certificate.serial])).headers.get('cache-control')).toBe('no-store');
      side.transport.cutOff = false;
      side.transport.heartbeat();
      expect(await error(certificate)).toBe('successful');
    });
  });

  it('does not live longer on the word of a source whose clock is ahead', async () => {
    side.transport.ahead = 3_600_000;
    side.transport.heartbeat();
    side.transport.cutOff = true;
    expect(await error(certificate)).toBe('successful');
    side.clock.advance(ocsp.validity);
    expect(await error(certificate)).toBe('tryLater');
  });

  it('says since when and why a certificate is revoked', async () => {
    side.authority.hold(certificate);
    const heldAt = new Date(Math.floor(side.clock.now().getTime() / 1_000) * 1_000);
    expect((await single(await get([certificate.serial]))).status).toEqual({
      type: 'revoked',
      reason: 'certificateHold',
      revokedAt: heldAt,
    });
    side.authority.revoke(certificate, 'unspecified');
    expect((await single(await get([certificate.serial]))).status).toEqual({ type: 'revoked', revokedAt: heldAt });
  });

  it('is signed by the delegate of the very issuer, as a client checks it', async () => {
    const nonce = Buffer.alloc(32, 7);
    const serials = [certificate.serial];
    const request = buildOcspRequest(side.workload.certificate, serials, { nonce, hash: 'sha256' });
    const response = Buffer.from(await (await side.postOcsp(request)).arrayBuffer());
    const now = side.clock.now();
    const input = { response, issuerCertificate: side.workload.certificate, now, nonce, serials };
    expect(verifyOcspResponse(input)).toMatchObject({ status: 'successful' });
    expect(() => verifyOcspResponse({ ...input, issuerCertificate: side.root.certificate })).toThrow(OcspError);
  });

  describe('caching', () => {
    it('allows what RFC 5019 says, and gives the same bytes until they are too old', async () => {
      const first = await get([certificate.serial]);
      const { thisUpdate, nextUpdate } = await single(first.clone());
      expect(first.headers.get('content-type')).toBe('application/ocsp-response');
      expect(first.headers.get('cache-control')).toBe('max-age=10, public, no-transform, must-revalidate');
      expect(first.headers.get('last-modified')).toBe(thisUpdate.toUTCString());
      expect(first.headers.get('expires')).toBe(nextUpdate?.toUTCString());
      const etag = first.headers.get('etag') ?? '';
      expect(etag).toMatch(/^"[0-9a-f]{40}"$/);

      const path = ocspPath(buildOcspRequest(side.workload.certificate, [certificate.serial]));
      const again = await side.get(path, { 'if-none-match': `"other", W/${etag}` });
      expect([again.status, again.headers.get('etag')]).toEqual([304, etag]);
      expect(await signatures()).toBe(1);
      side.clock.advance(ocsp.maxAge);
      expect((await side.get(path, { 'if-none-match': etag })).status).toBe(200);
      expect(await signatures()).toBe(2);
    });

    it('never outlives nextUpdate', async () => {
      side.clock.advance(ocsp.validity - 4_000);
      const [, maxAge] =
        /max-age=(\d+)/.exec((await get([certificate.serial])).headers.get('cache-control') ?? '') ?? [];
      expect(Number(maxAge)).toBeGreaterThanOrEqual(2);
      expect(Number(maxAge)).toBeLessThanOrEqual(4);
    });

    it('ends with the status', async () => {
      const before = (await get([certificate.serial])).headers.get('etag') ?? '';
      side.authority.revoke(certificate);
      const path = ocspPath(buildOcspRequest(side.workload.certificate, [certificate.serial]));
      const after = await side.get(path, { 'if-none-match': before });
      expect(after.status).toBe(200);
      expect((await single(after)).status.type).toBe('revoked');
    });

    it('is refused for an answer to a nonce, each of which is signed for itself', async () => {
      const nonce = Buffer.from('0123456789abcdef');
      const request = buildOcspRequest(side.workload.certificate, [certificate.serial], { nonce });
      const response = await side.get(ocspPath(request));
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect((await single(response)).nonce).toEqual(nonce);
      await side.get(ocspPath(request));
      expect(await signatures()).toBe(2);
    });
  });

  describe('whom it does not answer for', () => {
    it('refuses an issuer that it does not know, and a request that spans issuers', async () => {
      const stranger = await openPublicSide();
      const foreign = await stranger.authority.issue(stranger.workload);
      await stranger.close();
      expect(await error(foreign)).toBe('unauthorized');

      const mixed = (issuer: Buffer, serial: string): Buffer => buildOcspRequest(issuer, [serial]).subarray(6);
      const inner = Buffer.concat([
        mixed(side.workload.certificate, certificate.serial),
        mixed(side.root.certificate, certificate.serial),
      ]);
      const wrap = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([0x30, 0x81, bytes.length]), bytes]);
      const spanning = wrap(wrap(wrap(inner)));
      expect((await parsed(await side.postOcsp(spanning))).status).toBe('unauthorized');
    });

    it('asks to come back while it has no delegated certificate', async () => {
      side.authority.delegationFails = new Error('issuance is away');
      const server = await side.authority.createIssuer(side.root, 'server');
      side.authority.activate(server);
      const answer = await get([newSerial()], server);
      expect(answer.status).toBe(200);
      expect((await parsed(answer)).status).toBe('tryLater');
    });
  });

  describe('a certificate that it has not heard of', () => {
    it('is unknown, after a heartbeat at most, and no cache keeps that', async () => {
      const started = performance.now();
      const response = await get([nobody().serial]);
      const waited = performance.now() - started;
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect((await single(response)).status.type).toBe('unknown');
      expect(waited).toBeGreaterThan(heartbeat * 0.9);
      expect(waited).toBeLessThan(heartbeat + 500);
    });

    it('is good as soon as its event arrives', async () => {
      const early = await side.authority.issue(side.workload, { announced: false });
      const answer = get([early.serial]);
      setTimeout(() => side.authority.announce(early), 50);
      expect((await single(await answer)).status.type).toBe('good');
    });

    it('is unknown as soon as everything that was there when it was asked about has arrived', async () => {
      const started = performance.now();
      const answer = get([nobody().serial]);
      setTimeout(() => {
        side.clock.advance(1);
        side.transport.heartbeat();
      }, 50);
      expect((await single(await answer)).status.type).toBe('unknown');
      expect(performance.now() - started).toBeLessThan(heartbeat);
    });
  });
});
