import type { Enforcement, Service } from '@cartulary/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cartulary } from '../command-line.fixture.spec.js';
import { type FakeService, startFakeService } from '../fake-service.fixture.spec.js';

const back = 'spiffe://cluster.local/ns/photo/sa/backend';
const front = 'spiffe://cluster.local/ns/photo/sa/frontend';
const defined: Service = {
  ...{ namespace: 'photo', name: 'backend', runs: [back], callers: [front], enforced: true, mutualTls: 'strict' },
  ...{ definedAt: '2026-11-22T11:59:00.000Z', position: 9 },
};
const enforcement: Enforcement = {
  ...{ issuerId: '9f86d081884c7d65', serial: '01cc', number: 4_712, since: '2026-11-22T11:59:00.000Z' },
  ...{ nodes: { known: 2, present: 1 }, proxies: 3, delivered: { proxies: 2, p50: 20.4, p99: 90 } },
  ...{ enforced: { proxies: 0 }, stragglers: [{ node: 'node-7', why: 'away' }], moreStragglers: 4 },
};

let service: FakeService;
beforeAll(async () => {
  service = await startFakeService();
});
afterAll(() => service.close());
beforeEach(() => {
  service.asked.length = 0;
  service.on('defineService', defined);
  service.on('listServices', { services: [defined], nextCursor: 'abc', position: 9 });
  service.on('getService', defined);
  service.on('retireService', { namespace: 'photo', name: 'backend' });
  service.on('setMutualTls', { namespace: 'photo', mode: 'permissive', setAt: defined.definedAt, position: 10 });
  service.on('clearMutualTls', { identity: back, port: 80 });
  service.on('getEnforcement', enforcement);
});
const at = (...args: string[]) =>
  cartulary(args, { env: { CARTULARY_URL: service.url, CARTULARY_DATA: service.data } });

describe('service', () => {
  it('define says who runs it and who may call it', async () => {
    const { code, out, err } = await at(
      'service',
      'define',
      'backend',
      '-n',
      'photo',
      '--runs',
      back,
      '--caller',
      front,
    );
    expect([code, out + err]).toEqual([0, expect.stringContaining('mutual TLS strict')]);
    const body = { namespace: 'photo', name: 'backend', runs: [back], callers: [front], enforced: true };
    expect(service.asked).toMatchObject([{ operationId: 'defineService', body }]);
  });
  it('define --shadow reports only, and says so', async () => {
    const { err } = await at('service', 'define', 'backend', '-n', 'photo', '--runs', back, '--shadow', '--port', '80');
    expect(service.asked[0]?.body).toMatchObject({ enforced: false, callers: [], port: 80 });
    expect(err).toContain('let in, and reported');
  });
  it('define without namespace or identity is not understood', async () => {
    expect((await at('service', 'define', 'backend')).code).toBe(2);
    expect((await at('service', 'define', 'backend', '-n', 'photo', '--runs', back, '--port', '0')).code).toBe(2);
  });
  it('list, show and retire', async () => {
    const { out, err } = await at('service', 'list', '-n', 'photo');
    expect(out).toContain('backend.photo');
    expect(err).toContain('--cursor abc');
    expect((await at('service', 'show', 'backend', '-n', 'photo')).out).toContain(front);
    expect((await at('service', 'retire', 'backend', '-n', 'photo')).code).toBe(0);
    expect(service.asked.at(-1)).toMatchObject({ params: { namespace: 'photo', name: 'backend' } });
  });
});

describe('mtls', () => {
  it('set and clear name their scope', async () => {
    const set = await at('mtls', 'set', 'permissive', '-n', 'photo');
    expect(set.out + set.err).toContain('the namespace photo is permissive');
    expect(service.asked[0]?.body).toEqual({ namespace: 'photo', mode: 'permissive' });
    const cleared = await at('mtls', 'clear', '--identity', back, '--port', '80');
    expect(cleared.out + cleared.err).toContain(`port 80 of ${back}`);
    expect(service.asked[1]?.query).toEqual({ identity: back, port: 80 });
  });
  it('set takes three modes', async () => {
    expect((await at('mtls', 'set', 'lenient')).code).toBe(2);
    expect(service.asked).toEqual([]);
  });
});

describe('enforcement', () => {
  it('names who is behind, and counts the others', async () => {
    const { out, err } = await at('enforcement', '01cc');
    expect(out).toMatch(/delivered +2 of 3 proxies, p50 20 ms, p99 90 ms/);
    expect(out).toMatch(/enforced +0 of 3 proxies\n/);
    expect(out).toMatch(/node-7 .*away/);
    expect(err).toContain('4 more');
    expect(JSON.parse((await at('enforcement', '01cc', '--json')).out)).toEqual(enforcement);
  });
});
