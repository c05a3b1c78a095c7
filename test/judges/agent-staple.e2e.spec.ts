import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '@cartulary/testing';
import { AgentProcess } from '../support/agent/agent-process.js';
import { Envoy } from '../support/agent/envoy.js';
import { serverSide, type Side } from '../support/agent/envoy-configuration.js';
import { ServiceWorld } from '../support/agent/service-world.js';
import { keyPem, makeRequest } from '../support/enrol.js';
import { eventually } from '../support/interop.js';

const front = 'spiffe://cluster.local/ns/shop/sa/front';
const back = 'spiffe://cluster.local/ns/shop/sa/back';

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

  /** What openssl says of a connection, which it ends at once. */
  const connect = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const peer = ['-connect', `127.0.0.1:${port}`, '-CAfile', world.caFile, '-verify_return_error'];
      const own = ['-cert', 'front.pem', '-cert_chain', 'front.pem', '-key', 'front.key'];
      const child = spawn('openssl', ['s_client', ...peer, ...own, '-status'], { cwd: directory });
      let said = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
      child.once('error', reject).once('close', () => resolve(said));
      child.stdin.end();
    });
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
