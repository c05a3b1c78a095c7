import type { Issuer, IssuerRevocation } from '@cartulary/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cartulary, type Setting } from '../command-line.fixture.spec.js';
import { type FakeService, startFakeService } from '../fake-service.fixture.spec.js';

const issuerId = '9f86d081884c7d65';
const successor = 'aaaaaaaaaaaaaaaa';
const revocation: IssuerRevocation = {
  ...{ issuerId, serial: '01cc', parent: 'bbbbbbbbbbbbbbbb', reason: 'cACompromise', successor, position: 9 },
  revokedAt: '2026-11-22T11:59:00.000Z',
};
const issuer: Issuer = {
  ...{ issuerId, purpose: 'workload', epoch: 2, name: 'Workload Issuer', status: 'active', imported: false },
  ...{ keyAlgorithm: 'ecdsa-p256', notBefore: '2026-01-01T00:00:00.000Z', notAfter: '2027-01-01T00:00:00.000Z' },
  ...{ certificate: '', chain: '', position: 3 },
};

let service: FakeService;
beforeAll(async () => {
  service = await startFakeService();
});
afterAll(() => service.close());
beforeEach(() => {
  service.asked.length = 0;
  service.on('getIssuer', issuer);
  service.on('revokeIssuer', revocation);
  service.on('rotateIssuer', { issuerId, step: 'activated', successor, position: 8 });
});
const at = (args: readonly string[], setting: Setting = {}) =>
  cartulary(args, { ...setting, env: { CARTULARY_URL: service.url, CARTULARY_DATA: service.data } });

describe('issuer list', () => {
  it('asks for one purpose, and says that there is more', async () => {
    service.on('listIssuers', { issuers: [issuer], nextCursor: 'abc', position: 3 });
    const { out, err } = await at(['issuer', 'list', '--purpose', 'workload', '--limit', '1']);
    expect(service.asked[0]?.query).toEqual({ purpose: 'workload', limit: 1 });
    expect(out).toContain(issuerId);
    expect(err).toContain('--cursor abc');
  });
});

describe('issuer rotate', () => {
  it('says who issues from now on', async () => {
    const { code, out, err } = await at(['issuer', 'rotate', issuerId]);
    expect(code).toBe(0);
    expect(out + err).toContain(`${successor} issues in place of ${issuerId}`);
    expect(service.asked).toMatchObject([{ operationId: 'rotateIssuer', params: { issuerId } }]);
  });
});

describe('the rotation of a root', () => {
  it('says that the next one is made, and when it may be used', async () => {
    const readyAt = '2026-11-29T12:00:00.000Z';
    const prepared = { issuerId, step: 'prepared', successor, readyAt, position: 8 };
    service.on('rotateIssuer', prepared);
    const { code, out, err } = await at(['issuer', 'rotate', issuerId]);
    expect(code).toBe(0);
    expect(out + err).toContain(`${successor} is made to follow ${issuerId}`);
    expect(out + err).toMatch(/may be used +2026-11-29/);
    expect(JSON.parse((await at(['issuer', 'rotate', issuerId, '--json'])).out)).toEqual(prepared);
  });

  it('passes on why a step is refused', async () => {
    service.on('retireIssuer', 'EPOCH_NOT_OVER');
    const { code, err } = await at(['issuer', 'retire', issuerId]);
    expect(code).not.toBe(0);
    expect(err).toContain('refused: EPOCH_NOT_OVER');
  });

  it.each([
    ['retiring', 'retires once its final CRL is out'],
    ['retired', 'is retired'],
  ] as const)('says of an old root that is %s', async (status, said) => {
    const retirement = { issuerId, status, expiredAt: '2026-11-22T11:59:00.000Z', position: 9 };
    service.on('retireIssuer', retirement);
    const { out, err } = await at(['issuer', 'retire', issuerId]);
    expect(out + err).toContain(`${issuerId} ${said}`);
    expect(JSON.parse((await at(['issuer', 'retire', issuerId, '--json'])).out)).toEqual(retirement);
    expect(service.asked.at(-1)).toMatchObject({ operationId: 'retireIssuer', params: { issuerId } });
  });
});

describe('issuer revoke', () => {
  const asked = () => service.asked.map(({ operationId }) => operationId);

  it('asks first, and takes anything but yes for no', async () => {
    const refused = await at(['issuer', 'revoke', issuerId], { answer: 'no' });
    expect(refused.code).not.toBe(0);
    expect(refused.out + refused.err).toMatch(/workload, epoch 2, active, and all its certificates/);
    expect(asked()).toEqual(['getIssuer']);
    const done = await at(['issuer', 'revoke', issuerId], { answer: 'yes' });
    expect(done.code).toBe(0);
    expect(asked()).toEqual(['getIssuer', 'getIssuer', 'revokeIssuer']);
  });

  it('asks nobody with --yes, and passes on why and since when', async () => {
    const why = ['--reason', 'keyCompromise', '--invalidity-date', '2026-11-01T00:00:00Z', '--comment', 'stolen'];
    const { out, err, code } = await at(['issuer', 'revoke', issuerId, '--yes', ...why], { answer: 'no' });
    expect(code).toBe(0);
    expect(service.asked[0]?.body).toEqual({
      ...{ reason: 'keyCompromise', invalidityDate: '2026-11-01T00:00:00Z', comment: 'stolen' },
    });
    expect(out + err).toMatch(/on the CRL of +bbbbbbbbbbbbbbbb/);
  });

  it('answers programs with the document', async () => {
    const { out } = await at(['issuer', 'revoke', issuerId, '--json']);
    expect(JSON.parse(out)).toEqual(revocation);
    expect(service.asked[0]?.body).toEqual({ reason: 'cACompromise' });
  });
});
