import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { buildOcspRequest } from '@cartulary/x509';
import {
  ocspPath,
  openPublicSide,
  parsed,
  type PublicSide,
  testSettings,
} from '../testing/public-side.fixture.spec.js';
import type { TestCertificate } from '../testing/test-authority.fixture.spec.js';

const { maxAge, validity } = testSettings.ocsp;

describe('the same octets asked again', () => {
  let side: PublicSide;
  let certificate: TestCertificate;
  let request: Buffer;
  beforeEach(async () => {
    side = await openPublicSide();
    certificate = await side.authority.issue(side.workload);
    request = buildOcspRequest(side.workload.certificate, [certificate.serial]);
  });
  afterEach(() => side.close());

  const byGet = () => side.get(ocspPath(request));
  const byPost = () => side.postOcsp(request);
  const said = async (response: Response) => {
    const answer = await parsed(response);
    return answer.status === 'successful' ? answer.responses[0]?.status.type : answer.status;
  };
  const counted = async (name: string): Promise<number> =>
    Number(new RegExp(`${name} (\\d+)`).exec(await side.metrics.render())?.[1] ?? 0);
  const signatures = () => counted('responder_ocsp_signatures_total');

  it.each(['GET', 'POST'])('get the same reply by %s, head and body, and are counted', async (method) => {
    const ask = method === 'GET' ? byGet : byPost;
    const [first, second] = [await ask(), await ask()];
    const headOf = ({ status, headers }: Response) => [status, ...[...headers].filter(([name]) => name !== 'date')];
    expect(headOf(second)).toEqual(headOf(first));
    expect(await second.arrayBuffer()).toEqual(await first.arrayBuffer());
    expect(await signatures()).toBe(1);
    expect(await counted('responder_ocsp_cache_hits_total')).toBe(1);
    expect(await counted('responder_requests_total{kind="ocsp",status="200"}'.replace(/[{}]/g, '\\$&'))).toBe(2);
  });

  it('get 304 where they name what they have, and HEAD no body', async () => {
    const etag = (await byGet()).headers.get('etag') ?? '';
    expect((await side.get(ocspPath(request), { 'if-none-match': etag })).status).toBe(304);
    const head = await fetch(side.url + ocspPath(request), { method: 'HEAD' });
    expect([head.status, head.headers.get('etag'), (await head.arrayBuffer()).byteLength]).toEqual([200, etag, 0]);
  });

  it('hear of a revocation at once, and never again that it is good', async () => {
    for (const ask of [byGet, byGet, byPost, byPost]) expect(await said(await ask())).toBe('good');
    side.authority.revoke(certificate);
    for (const ask of [byGet, byGet, byPost, byPost]) expect(await said(await ask())).toBe('revoked');
  });

  it('hear that their issuer was cut off', async () => {
    for (const ask of [byGet, byGet]) expect(await said(await ask())).toBe('good');
    side.authority.cutOff(side.workload, side.root);
    expect(await said(await byGet())).toBe('revoked');
  });

  it('get one and the same while others are issued and revoked', async () => {
    await byGet();
    const other = await side.authority.issue(side.workload);
    side.authority.revoke(other);
    expect(await said(await byGet())).toBe('good');
    expect(await counted('responder_ocsp_cache_hits_total')).toBe(1);
  });

  it('get a new one when theirs is old', async () => {
    await byGet();
    side.clock.advance(maxAge);
    await byGet();
    expect(await signatures()).toBe(2);
  });

  it('are told how short the rest of its time is, and tryLater after it', async () => {
    side.clock.advance(validity - maxAge - 1_000);
    await byGet();
    side.clock.advance(3_000);
    expect((await byGet()).headers.get('cache-control')).toMatch(/^max-age=[78],/);
    side.clock.advance(maxAge);
    expect(await said(await byGet())).toBe('tryLater');
  });

  it('find one signed ahead where they come all the time', async () => {
    for (let asked = 0; asked < 20; asked++) await (await byGet()).arrayBuffer();
    side.clock.advance(maxAge - 500);
    await (await byGet()).arrayBuffer();
    await vi.waitFor(async () => expect(await signatures()).toBe(2));
    side.clock.advance(1_000);
    await (await byGet()).arrayBuffer();
    expect(await signatures()).toBe(2);
  });

  it('are told the truth of that moment, whatever happens in between', async () => {
    const step = fc.constantFrom('get', 'post', 'hold', 'release', 'revoke', 'heartbeat', 'advance', 'other');
    const property = fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 30 }), async (steps) => {
      certificate = await side.authority.issue(side.workload);
      request = buildOcspRequest(side.workload.certificate, [certificate.serial]);
      let status: 'good' | 'held' | 'revoked' = 'good';
      for (const one of steps) {
        if (one === 'get' || one === 'post') {
          const expected = status === 'good' ? 'good' : 'revoked';
          expect(await said(await (one === 'get' ? byGet() : byPost()))).toBe(expected);
        } else if (one === 'hold' && status === 'good') {
          side.authority.hold(certificate);
          status = 'held';
        } else if (one === 'release' && status === 'held') {
          side.authority.release(certificate);
          status = 'good';
        } else if (one === 'revoke') {
          side.authority.revoke(certificate);
          status = 'revoked';
        } else if (one === 'heartbeat') side.transport.heartbeat();
        else if (one === 'advance') {
          side.clock.advance(3_000);
          side.transport.heartbeat();
        } else if (one === 'other') await side.authority.issue(side.workload);
      }
    });
    await fc.assert(property, { seed: 6960, numRuns: 25 });
  }, 60_000);
});
