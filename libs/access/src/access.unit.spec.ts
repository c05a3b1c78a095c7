import type { Agent } from 'node:https';
import type { SpiffeId } from '@cartulary/domain';
import { TestDomain } from '@cartulary/service/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Credentials, type Holder } from './testing/credentials.fixture.spec.js';
import { Door } from './testing/door.fixture.spec.js';

const list = '/v1/certificates';
let named = 0;
const someone = () => `spiffe://cluster.local/cartulary/operator/op-${++named}` as SpiffeId;

describe('the door, over real TLS', () => {
  let domain: TestDomain;
  let credentials: Credentials;
  let door: Door;
  const agents: Agent[] = [];
  beforeAll(async () => {
    domain = await TestDomain.create({ now: new Date() });
    credentials = new Credentials(domain);
    door = await Door.open(domain);
  });
  afterEach(() => agents.splice(0).forEach((agent) => agent.destroy()));
  afterAll(() => door.close());
  const connect = (holder: Pick<Holder, 'key' | 'cert'>): Agent => {
    const agent = door.connection(holder);
    agents.push(agent);
    return agent;
  };

  describe('a client certificate', () => {
    let holder: Holder;
    let agent: Agent;
    beforeEach(async () => {
      holder = await credentials.holder({ identity: someone() });
      agent = connect(holder);
    });
    const code = async () => (await door.ask(list, { agent })).body['code'];

    it('of a granted identity is let in, by its name', async () => {
      const { status, body } = await door.ask(list, { agent });
      expect(status).toBe(200);
      expect(body['caller']).toMatchObject({
        ...{ kind: 'certificate', grant: { role: 'admin' }, expiresAt: holder.notAfter.toISOString() },
        actor: { id: holder.identity, credential: `certificate:${holder.serial}` },
      });
    });

    it('is refused from its revocation on, on the connection that is open', async () => {
      expect(await code()).toBeUndefined();
      await credentials.change(holder.serial, 'CertificateRevoked');
      expect(await door.ask(list, { agent })).toMatchObject({ status: 401, body: { code: 'CREDENTIAL_REVOKED' } });
    });

    it('is refused while it is held, and let in after its release', async () => {
      await credentials.change(holder.serial, 'CertificateHeld');
      expect(await code()).toBe('CREDENTIAL_HELD');
      await credentials.change(holder.serial, 'CertificateReleased');
      expect(await code()).toBeUndefined();
    });

    it('is refused while its identity is suspended', async () => {
      expect(await code()).toBeUndefined();
      await credentials.suspend(holder.identity);
      expect(await code()).toBe('CREDENTIAL_SUSPENDED');
    });

    it('is refused after its last moment, also on the connection that is open', async () => {
      const before = domain.clock.now();
      domain.clock.set(holder.notAfter);
      expect(await code()).toBeUndefined();
      domain.clock.advance(1);
      expect(await code()).toBe('CREDENTIAL_EXPIRED');
      domain.clock.set(before);
    });

    it('is refused while an incident hits it, or what it was asked for by; and it alone', async () => {
      expect(await code()).toBeUndefined();
      const other = connect(await credentials.holder({ identity: someone() }));
      await credentials.closeGate({ serials: [holder.serial] });
      expect(await code()).toBe('CREDENTIAL_REVOKED');
      expect((await door.ask(list, { agent: other })).status).toBe(200);
      const { authorization } = await credentials.token({ role: 'admin' }, 'made', `certificate:${holder.serial}`);
      expect((await door.ask(list, { headers: { authorization } })).body).toMatchObject({ code: 'CREDENTIAL_REVOKED' });
    });

    it('gives way to a token', async () => {
      const { authorization } = await credentials.token({ role: 'auditor' });
      const asked = await door.ask(list, { agent, headers: { authorization } });
      expect(asked.body['caller']).toMatchObject({ kind: 'token', grant: { role: 'auditor' } });
      const wrong = await door.ask(list, { agent, headers: { authorization: 'Bearer nonsense' } });
      expect(wrong).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } });
    });

    it('is nothing while the ledger is away: 503, and let in when it is back', async () => {
      domain.ledger.unavailable = true;
      expect(await door.ask(list, { agent })).toMatchObject({ status: 503, body: { code: 'LEDGER_UNAVAILABLE' } });
      domain.ledger.unavailable = false;
      expect(await code()).toBeUndefined();
    });
  });

  it.each([
    ['that the ledger does not know', { recorded: false }],
    ['whose identity has no grant', { grant: undefined }],
    ['that is recorded as a workload’s', { profile: 'workload' as const }],
  ])('refuses a certificate of our issuer %s', async (_, options) => {
    const agent = connect(await credentials.holder({ identity: someone(), ...options }));
    expect(await door.ask(list, { agent })).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } });
  });

  it('refuses a certificate for another identity than the ledger has', async () => {
    const [one, other] = [await credentials.holder({ identity: someone() }), someone()];
    const { issuerId } = domain.issuer('system');
    const forged = await credentials.holder({ identity: other, recorded: false });
    const data = { serial: forged.serial, issuerId, profile: 'operator', identity: one.identity };
    await domain.append(`certificate-${forged.serial}`, { type: 'CertificateIssued', data });
    const answer = await door.ask(list, { agent: connect(forged) });
    expect(answer).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } });
  });

  it('refuses the same identity and serial from another CA', async () => {
    const stranger = await TestDomain.create({ now: new Date() });
    const forged = await new Credentials(stranger).holder({ identity: someone() });
    const issued = { serial: forged.serial, profile: 'operator', identity: forged.identity };
    const grant = { role: 'admin' };
    const identity = { identity: forged.identity, grant, registeredAt: '2026-03-01T12:00:00.000Z' };
    await domain.append(`certificate-${forged.serial}`, { type: 'CertificateIssued', data: issued });
    await domain.append(`identity-${forged.identity}`, { type: 'IdentityRegistered', data: identity });
    const answer = await door.ask(list, { agent: connect(forged) });
    expect(answer).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } });
    const { authorization } = await credentials.token({ role: 'auditor' });
    expect((await door.ask(list, { agent: connect(forged), headers: { authorization } })).status).toBe(200);
  });

  describe('a token', () => {
    const ask = (authorization: string) => door.ask(list, { headers: { authorization } });

    it('is let in with its grant', async () => {
      const { authorization, tokenId } = await credentials.token({ role: 'issuer', namespaces: ['shop'] });
      for (const text of [authorization, authorization.replace('Bearer', 'bearer')]) {
        expect((await ask(text)).body['caller']).toMatchObject({
          ...{ kind: 'token', actor: { id: 'token/ci', credential: `token:${tokenId}` } },
          grant: { role: 'issuer', namespaces: ['shop'] },
        });
      }
    });

    it('malformed, unknown or with a wrong secret gets one and the same answer', async () => {
      const { authorization, tokenId } = await credentials.token();
      const revoked = await credentials.token();
      await credentials.revokeToken(revoked.tokenId);
      const secret = 'A'.repeat(43);
      const answers = await Promise.all(
        [
          'nonsense',
          'Basic YTpi',
          'Bearer ',
          `Bearer ctl_${'0'.repeat(12)}_${secret}`,
          `Bearer ctl_${tokenId}_${secret}`,
          // Of a revoked one too: who has no secret learns nothing.
          `Bearer ctl_${revoked.tokenId}_${secret}`,
          `${authorization}x`,
          authorization.replace('Bearer ', ''),
        ].map(ask),
      );
      const problems = answers.map(({ status, body: { instance: _, ...problem } }) => ({ status, ...problem }));
      expect(new Set(problems.map((problem) => JSON.stringify(problem))).size).toBe(1);
      expect(problems[0]).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
    });

    it('is refused from its revocation on', async () => {
      const { authorization, tokenId } = await credentials.token();
      expect((await ask(authorization)).status).toBe(200);
      await credentials.revokeToken(tokenId);
      expect(await ask(authorization)).toMatchObject({ status: 401, body: { code: 'CREDENTIAL_REVOKED' } });
    });

    it('is refused from its end on', async () => {
      const before = domain.clock.now();
      const { authorization } = await credentials.token();
      domain.clock.advance(3_600_000 - 1);
      expect((await ask(authorization)).status).toBe(200);
      domain.clock.advance(1);
      expect((await ask(authorization)).body['code']).toBe('CREDENTIAL_EXPIRED');
      domain.clock.set(before);
    });
  });

  describe('a route', () => {
    const admin = async () => ({ authorization: (await credentials.token()).authorization });

    it('is closed to those without a credential', async () =>
      expect(await door.ask(list)).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } }));

    it('that states no permission is closed to everybody', async () =>
      expect(await door.ask('/forgotten', { headers: await admin() })).toMatchObject({
        ...{ status: 403, body: { code: 'FORBIDDEN' } },
      }));

    it('that says so is open', async () =>
      expect((await door.ask('/open', { method: 'POST' })).body).toEqual({ open: true }));

    it('is closed to roles that lack its permission, before its body is looked at', async () => {
      for (const role of ['operator', 'issuer', 'auditor'] as const) {
        const { authorization } = await credentials.token({ role });
        const answer = await door.ask('/v1/tokens', { method: 'POST', headers: { authorization }, body: {} });
        expect(answer).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
      }
    });

    it('gets what its schemas say, and names everything that does not fit', async () => {
      const headers = await admin();
      const typed = await door.ask(`${list}?limit=7`, { headers });
      expect(typed.body['query']).toMatchObject({ limit: 7 });
      expect((await door.ask(`${list}?limit=0`, { headers })).body).toMatchObject({
        ...{ status: 400, code: 'INVALID_REQUEST', errors: [{ pointer: '/query/limit' }] },
      });
      const body = { csr: '', profile: 'root', extra: 1 };
      const refused = await door.ask(list, { method: 'POST', headers, body });
      const { errors } = refused.body as { errors: { pointer: string }[] };
      expect(errors.map(({ pointer }) => pointer).sort()).toEqual(['/csr', '/extra', '/profile']);
      const id = encodeURIComponent('spiffe://cluster.local/ns/shop/sa/cart');
      const identity = await door.ask(`/v1/identities/${id}`, { headers });
      expect(identity.body['params']).toEqual({ id: decodeURIComponent(id) });
      expect((await door.ask('/v1/identities/nonsense', { headers })).body).toMatchObject({
        ...{ code: 'INVALID_REQUEST', errors: [{ pointer: '/path/id' }] },
      });
      const release = await door.ask('/v1/revocations/01aa/release', { method: 'POST', headers });
      expect(release.status).toBe(200);
    });
  });

  describe('an Idempotency-Key', () => {
    const post = async (authorization: string, key: string, body: object = { csr: 'x' }) => {
      const headers = { authorization, 'idempotency-key': key };
      return (await door.ask(list, { method: 'POST', headers, body })).body;
    };
    const idempotencyOf = async (...call: Parameters<typeof post>) =>
      (await post(...call))['idempotency'] as { scope: string; key: string; fingerprint: string };

    it('comes with a digest of the request: the same for the same, another for another', async () => {
      const { authorization } = await credentials.token();
      const one = await idempotencyOf(authorization, 'k');
      expect(await idempotencyOf(authorization, 'k')).toEqual(one);
      expect(await idempotencyOf(authorization, 'k', { csr: 'y' })).toMatchObject({ key: 'k', scope: one.scope });
      const other = await idempotencyOf(authorization, 'k', { csr: 'y' });
      expect(other.fingerprint).not.toBe(one.fingerprint);
    });

    it('of a token is its own, also where another token has its name', async () => {
      const [one, other] = [await credentials.token(), await credentials.token()];
      const scopes = [await idempotencyOf(one.authorization, 'k'), await idempotencyOf(other.authorization, 'k')];
      expect(scopes[0]?.scope).not.toBe(scopes[1]?.scope);
    });

    it('of an operator outlives the renewal of its certificate', async () => {
      const holder = await credentials.holder({ identity: someone() });
      const headers = { 'idempotency-key': 'k' };
      const { body } = await door.ask(list, { method: 'POST', agent: connect(holder), headers, body: { csr: 'x' } });
      expect(body['idempotency']).toMatchObject({ scope: holder.identity });
    });

    it.each(['', 'with space', 'x'.repeat(256)])('of the form %j is refused', async (key) => {
      const { authorization } = await credentials.token();
      expect(await post(authorization, key)).toMatchObject({
        ...{ code: 'INVALID_REQUEST', errors: [{ pointer: '/headers/idempotency-key' }] },
      });
    });

    it('is none on a route that takes none', async () => {
      const { authorization } = await credentials.token();
      const headers = { authorization, 'idempotency-key': 'k' };
      const body = { name: 'ci', role: 'issuer', ttl: '1h' };
      const answer = await door.ask('/v1/tokens', { method: 'POST', headers, body });
      expect(answer.status).toBe(201);
      expect(answer.body).not.toHaveProperty('idempotency');
    });
  });
});

describe('the door, when an issuer was cut off', () => {
  it('lets nobody in with its certificates, also on connections that are open; tokens and others’ are as before', async () => {
    const domain = await TestDomain.create({ now: new Date() });
    const credentials = new Credentials(domain);
    const door = await Door.open(domain);
    const holder = await credentials.holder({ identity: someone() });
    const { authorization } = await credentials.token({ role: 'auditor' });
    const agent = door.connection(holder);
    const newcomer = await credentials.holder({ identity: someone() });
    expect((await door.ask(list, { agent })).status).toBe(200);
    const { issuerId, notAfter } = domain.issuer('system');
    const revokedAt = domain.clock.now().toISOString();
    const data = { issuerId, serial: '01', notAfter, reason: 'cACompromise', revokedAt };
    await domain.append(`issuer-${issuerId}`, { type: 'IssuerCompromised', data });
    const refused = { status: 401, body: { code: 'CREDENTIAL_REVOKED' } };
    expect(await door.ask(list, { agent })).toMatchObject(refused);
    const other = door.connection(newcomer);
    expect(await door.ask(list, { agent: other })).toMatchObject(refused);
    expect((await door.ask(list, { headers: { authorization } })).status).toBe(200);
    agent.destroy();
    other.destroy();
    await door.close();
  });
});
