import { Module } from '@nestjs/common';
import { mintToken, AccessModule } from '@cartulary/access';
import { timestamp, tokenStream } from '@cartulary/domain';
import {
  createLogger,
  createRestApplication,
  keys,
  loadConfig,
  type RestApplication,
  RuntimeModule,
} from '@cartulary/runtime';
import { GrpcModule, problemTable, ServiceModule, type ServiceResources } from '@cartulary/service';
import { TestDomain, testCsr } from '@cartulary/service/testing';
import { InMemoryTransport } from '@cartulary/transport/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IssuanceModule } from '../issuance.module.js';
import { cart } from '../testing/issuance.fixture.spec.js';
import { Admission } from './admission.js';

const logger = createLogger({ level: 'silent' });

describe('issuance over REST, asked for more than it can do', () => {
  let domain: TestDomain;
  let application: RestApplication;
  let admission: Admission;
  let url: string;
  let authorization: string;
  let csr: string;
  beforeAll(async () => {
    domain = await TestDomain.create();
    const { ledger, signer, issuers, settings, clock } = domain;
    const transport = new InMemoryTransport(ledger);
    const resources = { ledger, transport, signer, issuers, settings } as unknown as ServiceResources;
    const config = loadConfig(keys, { environment: {} });
    @Module({
      imports: [
        RuntimeModule.forRoot({ config, logger, problems: problemTable, clock }),
        ServiceModule.with(resources),
        AccessModule,
        GrpcModule,
        IssuanceModule,
      ],
    })
    class OverloadedModule {}
    application = await createRestApplication(OverloadedModule, { logger });
    ({ url } = await application.listen({ host: '127.0.0.1', port: 0 }));
    admission = application.app.get(Admission, { strict: false });
    const { token, tokenId, secretHash } = mintToken();
    const dates = {
      createdAt: timestamp(clock.now()),
      expiresAt: timestamp(new Date(clock.now().getTime() + 3_600_000)),
    };
    const data = { tokenId, name: 'ci', grant: { role: 'admin' }, secretHash, ...dates };
    await domain.append(tokenStream(tokenId), { type: 'TokenCreated', data });
    authorization = `Bearer ${token}`;
    ({ csr } = await testCsr());
  });
  afterAll(() => application.close());

  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  const issue = () => post('/v1/certificates', { csr, identity: cart });

  it('sheds what is too much with when to come again, queues nothing of it, and does what it took', async () => {
    let release!: () => void;
    const held = new Promise<void>((resolve) => (release = resolve));
    domain.signer.meanwhile = () => held;
    const { limit } = admission;
    const admitted = Array.from({ length: limit }, issue);
    await expect.poll(() => admission.underWay, { timeout: 15_000 }).toBe(limit);

    for (const [path, body] of [
      ['/v1/certificates', { csr, identity: cart }],
      ['/v1/certificates:batch', { requests: [{ csr, identity: cart }] }],
      ['/v1/certificates/01ab/renewal', { csr }],
    ] as const) {
      const refused = await post(path, body);
      expect(refused.status).toBe(429);
      expect(refused.headers.get('retry-after')).toBe('1');
      expect(refused.headers.get('content-type')).toContain('application/problem+json');
      expect(refused.headers.get('x-correlation-id')).toMatch(/./);
      expect(await refused.json()).toMatchObject({ code: 'ISSUANCE_OVERLOADED', status: 429 });
    }
    // Nobody is asked who they are, nothing is read: not of a caller without a credential either.
    expect((await post('/v1/certificates', 'x'.repeat(100), { authorization: '' })).status).toBe(429);
    const refusals = await Promise.all(Array.from({ length: 3 * limit }, async () => (await issue()).status));
    expect(new Set(refusals)).toEqual(new Set([429]));
    expect(admission.underWay).toBe(limit);
    // What does not issue is not held up.
    expect((await fetch(`${url}/v1/identities/nonsense`, { headers: { authorization } })).status).not.toBe(429);

    release();
    domain.signer.meanwhile = undefined;
    const statuses = await Promise.all(admitted.map(async (answer) => (await answer).status));
    expect(new Set(statuses)).toEqual(new Set([201]));
    expect(admission.underWay).toBe(0);
    expect((await issue()).status).toBe(201);
    const { length } = await domain.ledger.readAll({ after: 0, limit: 10_000, types: ['CertificateIssued'] });
    expect(length).toBe(limit + 1);
  }, 60_000);
});
