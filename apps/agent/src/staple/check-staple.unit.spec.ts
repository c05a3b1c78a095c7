import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FixedClock } from '@cartulary/runtime';
import { buildOcspRequest, newSerial, ocspErrorResponse } from '@cartulary/x509';
import { FakeCa, FakeResponder } from '../testing/index.js';
import { checkStaple, refreshTime } from './check-staple.js';

describe('an OCSP answer', () => {
  const now = new Date(Math.floor(Date.now() / 1_000) * 1_000);
  const clock = new FixedClock(now);
  const serial = newSerial();
  let ca: FakeCa;
  let responder: FakeResponder;
  let stranger: FakeResponder;
  let chain: Buffer[];
  beforeAll(async () => {
    ca = await FakeCa.create(now);
    responder = await FakeResponder.start(ca, clock);
    stranger = await FakeResponder.start(ca, clock, 'server');
    const { certificate } = ca.hierarchy.issuers.workload;
    chain = [certificate, certificate];
  });
  afterAll(async () => {
    await responder.close();
    await stranger.close();
  });

  const issuer = (): Buffer => ca.hierarchy.issuers.workload.certificate;
  const about = (serials: string[], by = responder, at = now): Promise<Buffer> =>
    by.answer(buildOcspRequest(issuer(), serials), at);
  const refused = async (response: Promise<Buffer> | Buffer, code: string, at = now): Promise<void> => {
    const bytes = await response;
    expect(() => checkStaple(bytes, { chain, serial }, at)).toThrow(expect.objectContaining({ code }));
  };

  it('is handed out when it is good', async () => {
    const der = await about([serial]);
    const staple = checkStaple(der, { chain, serial }, now);
    expect(staple.der).toBe(der);
    expect(staple.nextUpdate.getTime() - staple.thisUpdate.getTime()).toBe(600_000);
  });

  it('is not, when it has ended, also where clocks differ a little', async () => {
    await refused(about([serial]), 'STAPLE_ENDED', new Date(now.getTime() + 600_000));
    await refused(about([serial]), 'STAPLE_UNTRUSTED', new Date(now.getTime() + 1_000_000));
    await refused(about([serial], responder, new Date(now.getTime() + 400_000)), 'STAPLE_UNTRUSTED');
  });

  it('is not, when it is about another certificate, another issuer’s or several', async () => {
    await refused(about([newSerial()]), 'STAPLE_UNTRUSTED');
    await refused(about([serial, newSerial()]), 'STAPLE_MALFORMED');
    const other = buildOcspRequest(ca.hierarchy.issuers.server.certificate, [serial]);
    await refused(responder.answer(other, now), 'STAPLE_UNTRUSTED');
  });

  it('is not, when another has signed it, or nobody', async () => {
    await refused(about([serial], stranger), 'STAPLE_UNTRUSTED');
    const changed = Buffer.from(await about([serial]));
    changed[changed.length - 700] = changed[changed.length - 700]! ^ 1;
    expect(() => checkStaple(changed, { chain, serial }, now)).toThrow(/./);
    await refused(ocspErrorResponse('tryLater'), 'STAPLE_UNTRUSTED');
    await refused(Buffer.alloc(0), 'STAPLE_MALFORMED');
    await refused(Buffer.from('no answer'), 'STAPLE_MALFORMED');
  });

  it('is not, when the certificate was revoked or is not known', async () => {
    responder.statuses.set(serial, { type: 'revoked', revokedAt: now });
    await refused(about([serial]), 'STAPLE_REVOKED');
    responder.statuses.set(serial, { type: 'unknown' });
    await refused(about([serial]), 'STAPLE_UNKNOWN');
    responder.statuses.delete(serial);
  });

  it('is asked for anew well before its end, and never without a pause', () => {
    const staple = { der: Buffer.alloc(0), thisUpdate: now, nextUpdate: new Date(now.getTime() + 600_000) };
    expect(refreshTime(staple, now, 0).getTime() - now.getTime()).toBe(300_000);
    expect(refreshTime(staple, now, 1).getTime() - now.getTime()).toBe(450_000);
    const late = new Date(now.getTime() + 599_990);
    expect(refreshTime(staple, late, 0).getTime() - late.getTime()).toBe(1_000);
  });
});
