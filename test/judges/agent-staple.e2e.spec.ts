import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeAuthority, FakeResponder, TestAgent } from '@cartulary/agent/testing';
import { SystemClock } from '@cartulary/runtime';
import { freePorts } from '@cartulary/testing';
import { derToPem } from '@cartulary/x509';
import { AgentProcess } from '../support/agent/agent-process.js';
import { Envoy } from '../support/agent/envoy.js';
import { serverSide, type Side, type StaplePolicy } from '../support/agent/envoy-configuration.js';
import { ServiceWorld } from '../support/agent/service-world.js';
import { keyPem, makeRequest } from '../support/enrol.js';
import { stolenFrom } from '../support/agent/stolen.js';
import { eventually } from '../support/interop.js';

const front = 'spiffe://cluster.local/ns/shop/sa/front';
const back = 'spiffe://cluster.local/ns/shop/sa/back';
const policies = ['LENIENT_STAPLING', 'STRICT_STAPLING', 'MUST_STAPLE'] as const;

/** What openssl says of a connection, which it ends at once. */
const handshake = (directory: string, port: number, caFile: string, ...more: string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const peer = ['-connect', `127.0.0.1:${port}`, '-CAfile', caFile, '-verify_return_error', ...more];
    const own = ['-cert', 'front.pem', '-cert_chain', 'front.pem', '-key', 'front.key'];
    const child = spawn('openssl', ['s_client', ...peer, ...own], { cwd: directory });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.once('error', reject).once('close', () => resolve(said));
    child.stdin.end();
  });

describe('an Envoy that staples what the agent has asked the responder', () => {
  let directory: string;
  let world: ServiceWorld;
  let agent: AgentProcess;
  let server: Envoy;
  let port: number;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'agent-staple-'));
    world = await ServiceWorld.start();
    await world.place('node-1', [{ spiffeId: back, selectors: [{ uid: process.getuid!() }], suspended: false }]);
    agent = await AgentProcess.start(directory, {
      CARTULARY_AGENT_AUTHORITY: world.grpcAddress,
      CARTULARY_AGENT_CA_FILE: world.caFile,
      CARTULARY_AGENT_JOIN_TOKEN: await world.joinToken('node-1'),
      CARTULARY_AGENT_STAPLES: 'true',
    });
    const root = world.service.read('root.crt');
    let adminPort: number;
    [port, adminPort] = (await freePorts(2)) as [number, number];
    const common = { socket: agent.socket, protocol: 'DELTA_GRPC' } as const;
    const side: Side = { ...common, identity: back, peers: [front], port, adminPort };
    server = await Envoy.start(directory, 'back', serverSide(side, 'MUST_STAPLE'), { port, adminPort, root });
    const { csr, key } = await makeRequest();
    const { body } = await world.rest
      .post('/v1/identities', { id: front })
      .then(() => world.rest.post('/v1/certificates', { csr, identity: front }).expect(201));
    const { certificate, chain } = body as { certificate: string; chain: string };
    await writeFile(join(directory, 'front.pem'), certificate + chain);
    await writeFile(join(directory, 'front.key'), keyPem(key), { mode: 0o600 });
  });
  afterAll(async () => {
    await server?.close();
    await agent?.stop();
    await world?.close();
    await rm(directory, { recursive: true, force: true });
  });

  const connect = (): Promise<string> => handshake(directory, port, world.caFile, '-status');
  const serialOf = (said: string): string | undefined => /Serial Number: ([0-9A-F]+)/.exec(said)?.[1]?.toLowerCase();

  it('shows openssl an answer about its certificate, signed by the issuer’s delegate', async () => {
    const said = await connect();
    expect(said).toContain('OCSP Response Status: successful');
    expect(said).toContain('Cert Status: good');
    expect(said).toContain('OCSP Signing');
    expect(said).toContain('Verify return code: 0 (ok)');
    expect(await server.stats(/ssl\.ocsp_staple_\w+/)).toMatchObject({
      'ssl.ocsp_staple_failed': 0,
      'ssl.ocsp_staple_omitted': 0,
    });
  });

  it('goes on with another certificate and an answer about that, once its own was revoked', async () => {
    const before = serialOf(await connect())!;
    await world.revoke(before.length % 2 === 0 ? before : `0${before}`);
    const said = await eventually(connect, (text) => {
      const serial = serialOf(text);
      return serial !== undefined && serial !== before;
    });
    expect(said).toContain('Cert Status: good');
    expect(serialOf(said)).not.toBe(before);
  });
});

describe('what an Envoy does without a good answer', () => {
  const LIFE = 6_000;
  let directory: string;
  let caFile: string;
  let agent: TestAgent;
  let responder: FakeResponder;
  let envoys: Record<StaplePolicy, { readonly envoy: Envoy; readonly port: number }>;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'staple-policies-'));
    const authority = await FakeAuthority.create(new SystemClock());
    responder = await FakeResponder.start(authority.ca, new SystemClock());
    responder.life = LIFE;
    const environment = { CARTULARY_AGENT_STAPLES: 'true', CARTULARY_AGENT_RESPONDER: responder.url };
    agent = await TestAgent.start({ authority, environment });
    authority.place([{ spiffeId: back, selectors: [{ uid: process.getuid!() }], suspended: false }]);
    const root = derToPem(authority.ca.bundle.anchors[0]!, 'CERTIFICATE');
    caFile = join(directory, 'root.pem');
    await writeFile(caFile, root);
    const { exhibit } = await stolenFrom(authority.ca, front);
    await writeFile(join(directory, 'front.pem'), exhibit.certificate + exhibit.chain);
    await writeFile(join(directory, 'front.key'), exhibit.keyPem, { mode: 0o600 });
    const started = policies.map(async (policy) => {
      const [port, adminPort] = (await freePorts(2)) as [number, number];
      const common = { socket: agent.socket, protocol: 'DELTA_GRPC' } as const;
      const side: Side = { ...common, identity: back, peers: [front], port, adminPort };
      const envoy = await Envoy.start(directory, policy, serverSide(side, policy), { port, adminPort, root });
      return [policy, { envoy, port }] as const;
    });
    envoys = Object.fromEntries(await Promise.all(started)) as typeof envoys;
  });
  afterAll(async () => {
    for (const { envoy } of Object.values(envoys ?? {})) await envoy.close();
    await agent?.close();
    await responder?.close();
    await rm(directory, { recursive: true, force: true });
  });

  const ask = async (policy: StaplePolicy, ...more: string[]): Promise<string> => {
    const said = await handshake(directory, envoys[policy].port, caFile, ...more);
    // Of no certificate at all openssl says that it is ok.
    if (!said.includes('BEGIN CERTIFICATE') || !said.includes('Verify return code: 0 (ok)')) return 'refused';
    return said.includes('Cert Status: good') ? 'stapled' : 'not stapled';
  };
  const all = async (...more: string[]) =>
    Object.fromEntries(
      await Promise.all(policies.map(async (policy) => [policy, await ask(policy, ...more)] as const)),
    );

  it('depends on its policy once the answer has ended, for clients that ask', async () => {
    expect(await all('-status')).toEqual({
      LENIENT_STAPLING: 'stapled',
      STRICT_STAPLING: 'stapled',
      MUST_STAPLE: 'stapled',
    });
    // The agent would take an answer that has ended away: it must be gone itself.
    await agent.stop();
    const ended = { LENIENT_STAPLING: 'not stapled', STRICT_STAPLING: 'refused', MUST_STAPLE: 'refused' };
    const seen = await eventually(
      () => all('-status'),
      (each) => each['STRICT_STAPLING'] === 'refused',
    );
    expect(seen).toEqual(ended);
    const without = { LENIENT_STAPLING: 'not stapled', STRICT_STAPLING: 'not stapled', MUST_STAPLE: 'not stapled' };
    expect(await all()).toEqual(without);
    const { authority, directory: kept } = agent;
    responder.instead = 'an error';
    const environment = { CARTULARY_AGENT_STAPLES: 'true', CARTULARY_AGENT_RESPONDER: responder.url };
    agent = await TestAgent.start({ authority, directory: kept, environment });
  });

  it('depends on it too where the secret has none', async () => {
    const refused = await eventually(
      () => agent.metrics.render(),
      (text) => text.includes('agent_sds_answers_total{answer="rejected"}'),
    );
    expect(refused).toContain('agent_sds_answers_total{answer="rejected"}');
    const served = await eventually(
      () => all('-status'),
      (each) => each['STRICT_STAPLING'] === 'not stapled',
    );
    expect(served).toEqual({ LENIENT_STAPLING: 'not stapled', STRICT_STAPLING: 'not stapled', MUST_STAPLE: 'refused' });
    // It has kept the one before, with the answer that has ended, and takes the next.
    responder.life = 600_000;
    responder.instead = undefined;
    const good = await eventually(
      () => all('-status'),
      (each) => Object.values(each).every((said) => said === 'stapled'),
    );
    expect(good).toEqual({ LENIENT_STAPLING: 'stapled', STRICT_STAPLING: 'stapled', MUST_STAPLE: 'stapled' });
  });
});
