import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SystemClock } from '@cartulary/runtime';
import { FakeAuthority, SocketClient, TestAgent, type TestAgentOptions } from './testing/index.js';

const cart = 'spiffe://cluster.local/ns/shop/sa/cart';
const placed = (spiffeId = cart) => ({ spiffeId, selectors: [{ uid: process.getuid!() }], suspended: false });
const patience = { timeout: 15_000, interval: 50 };

describe('an agent', () => {
  let directory: string;
  let authority: FakeAuthority;
  let agent: TestAgent;
  let client: SocketClient;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'agent-'));
    authority = await FakeAuthority.create(new SystemClock());
    authority.place([placed()]);
  });
  afterEach(async () => {
    client?.close();
    await agent?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const start = async (options: TestAgentOptions = {}): Promise<void> => {
    client?.close();
    agent = await TestAgent.start({ directory, authority, ...options });
    client = new SocketClient(agent.socket);
  };
  const svid = async () => (await client.svids().next()).svids[0]!;
  const readiness = async (): Promise<Record<string, string | undefined>> => {
    const answer = await fetch(`http://127.0.0.1:${agent.running.operationsPort}/readyz`);
    const { checks } = (await answer.json()) as { checks: Record<string, { ok: boolean; detail?: string }> };
    return {
      status: String(answer.status),
      ...Object.fromEntries(Object.entries(checks).map(([k, v]) => [k, v.detail])),
    };
  };

  it('is who its join token says, and stays that without one', async () => {
    await start();
    expect(agent.running.node).toBe('node-1');
    await agent.stop();
    await start({ environment: { CARTULARY_AGENT_JOIN_TOKEN: '' } });
    expect(agent.running.node).toBe('node-1');
  });

  it('does not start without certificate and token', async () => {
    const environment = { CARTULARY_AGENT_JOIN_TOKEN: '' };
    await expect(TestAgent.start({ directory, authority, environment })).rejects.toMatchObject({
      code: 'NODE_NOT_ATTESTED',
    });
    await start();
  });

  it('never writes a workload’s key, and its own where only it may read', async () => {
    await start();
    await svid();
    const files = await vi.waitFor(async () => {
      const names = await readdir(join(directory, 'data'));
      expect(names.sort()).toEqual(['last-good.json', 'node.json']);
      return names;
    }, patience);
    for (const name of files) {
      const path = join(directory, 'data', name);
      const isSecret = (await readFile(path, 'utf8')).includes('PRIVATE KEY');
      expect([name, isSecret]).toEqual([name, name === 'node.json']);
      expect((await stat(path)).mode & 0o777).toBe(isSecret ? 0o600 : 0o644);
    }
  });

  it('makes one key for an identity, however many ask', async () => {
    await start();
    const keys = await Promise.all(Array.from({ length: 20 }, async () => (await svid()).x509SvidKey.toString('hex')));
    expect(new Set(keys).size).toBe(1);
    expect(authority.signings).toBe(1);
  });

  it('makes certificates for hundreds of identities', async () => {
    const many = Array.from({ length: 300 }, (_, index) => placed(`${cart}-${index}`));
    authority.place(many);
    await start();
    await vi.waitFor(async () => expect((await client.svids().next()).svids).toHaveLength(300), patience);
    expect(authority.signings).toBe(300);
  });

  it('starts while the CA is away, with the last good bundle and CRLs, and with keys where they are kept', async () => {
    const environment = { CARTULARY_AGENT_KEYS: 'files' };
    await start({ environment });
    const before = await svid();
    await authority.revoke('0a');
    await vi.waitFor(
      async () =>
        expect(await readFile(join(directory, 'data', 'last-good.json'), 'utf8')).toContain(
          String(authority.ca.position),
        ),
      patience,
    );
    await agent.stop();
    authority.goAway();
    await start({ environment });
    const { svids, crl } = await client.svids().next();
    expect(svids[0]!.x509Svid).toEqual(before.x509Svid);
    expect(crl).toHaveLength(3);
    expect((await readiness())['status']).toBe('200');
  });

  it('survives the CA’s absence until certificates end, says so, and recovers by itself', async () => {
    authority.life = 6_000;
    await start();
    const first = await svid();
    authority.goAway();
    await vi.waitFor(async () => {
      const { 'agent-trust': trust, 'agent-certificates': certificates, status } = await readiness();
      expect(trust).toContain('the CA is away since');
      expect(certificates).toContain('not renewed since');
      expect(status).toBe('200');
    }, patience);
    expect((await svid()).x509Svid).toEqual(first.x509Svid);
    await vi.waitFor(async () => {
      const { 'agent-certificates': certificates, status } = await readiness();
      expect([certificates, status]).toEqual(['CERTIFICATE_MISSING', '503']);
    }, patience);
    authority.life = 3_600_000;
    authority.comeBack();
    await vi.waitFor(async () => expect((await readiness())['status']).toBe('503'), patience);
    await vi.waitFor(async () => expect((await readiness())['agent-certificates']).toBe('1 certificates'), patience);
  }, 60_000);

  it('hands out nothing for an identity that was suspended, and a new key once it is back', async () => {
    await start();
    const before = await svid();
    authority.place([{ ...placed(), suspended: true }]);
    await vi.waitFor(async () => expect(await client.svids().refusal()).toMatchObject({ code: 'PERMISSION_DENIED' }));
    authority.place([placed()]);
    await vi.waitFor(async () => expect((await svid()).x509SvidKey).not.toEqual(before.x509SvidKey), patience);
  });

  it('tells metrics on a loopback port', async () => {
    await start();
    await svid();
    await vi.waitFor(async () => {
      const text = await (await fetch(`http://127.0.0.1:${agent.running.operationsPort}/metrics`)).text();
      expect(text).toMatch(/cartulary_agent_certificates\{state="good"\} 1\n/);
      expect(text).toMatch(/cartulary_agent_crls 3\n/);
      expect(text).toMatch(/cartulary_agent_authority_away_seconds\{stream="trust"\} 0\n/);
      expect(text).toMatch(/cartulary_agent_crl_left_seconds 8\d{4}/);
    }, patience);
  });
});
