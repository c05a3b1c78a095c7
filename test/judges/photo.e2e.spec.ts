import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileRules, TestAgent } from '@cartulary/agent/testing';
import { derToPem } from '@cartulary/x509';
import { photoDescription, PhotoMesh } from '../support/agent/photo-mesh.js';
import { stolenFrom } from '../support/agent/stolen.js';
import { eventually } from '../support/interop.js';
import type { Exhibit } from '../support/judges/judge.js';

const identity = (name: string): string => `spiffe://cluster.local/ns/photo/sa/${name}`;

describe('the photo example', () => {
  let directory: string;
  let agent: TestAgent;
  let rules: FileRules;
  let mesh: PhotoMesh;
  let root: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'photo-'));
    const description = await photoDescription();
    rules = new FileRules(description.services);
    agent = await TestAgent.start({ mesh: description, rules });
    const selectors = [{ uid: process.getuid!() }];
    const identities = [...new Set(description.workloads.map((workload) => workload.identity))];
    agent.authority.place(identities.map((spiffeId) => ({ spiffeId, selectors, suspended: false })));
    root = derToPem(agent.authority.ca.bundle.anchors[0]!, 'CERTIFICATE');
    mesh = await PhotoMesh.start({ description, directory, socket: agent.socket, root });
  });
  afterAll(async () => {
    await mesh?.close();
    await agent?.close();
    await rm(directory, { recursive: true, force: true });
  });

  const stolen = (name: string, life?: number) => stolenFrom(agent.authority.ca, identity(name), life);
  const plainly = async (name: string): Promise<number | undefined> => {
    const answer = await fetch(`http://127.0.0.1:${mesh.inboundPort(name)}/`).catch(() => undefined);
    return answer?.status;
  };
  /** Asks again and again over one connection; gives the status of the next answer. */
  const keptOpen = ({ keyPem, certificate, chain }: Exhibit, port: number) => {
    const tls = { key: keyPem, cert: certificate + chain, ca: root, checkServerIdentity: () => undefined };
    const one = new Agent({ keepAlive: true, maxSockets: 1, ...tls });
    const sockets = new Set<unknown>();
    const ask = (): Promise<number> =>
      new Promise((resolve) => {
        const outgoing = request({ host: '127.0.0.1', port, agent: one }, (answer) => {
          sockets.add(answer.socket);
          answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
        });
        outgoing.on('error', () => resolve(0)).end();
      });
    return { ask, sockets, close: () => one.destroy() };
  };

  it('lets the frontend ask the backend, and the backend the datastore', async () => {
    const [first, second] = [
      await mesh.ask('photo-frontend', 'photo-backend'),
      await mesh.ask('photo-backend', 'datastore'),
    ];
    expect(first).toEqual({ status: 200, body: `photo-backend, asked by ${identity('frontend')}` });
    expect(second).toEqual({ status: 200, body: `datastore, asked by ${identity('backend')}` });
    expect(await mesh.envoy('datastore').stat('http.in_datastore.rbac.allowed')).toBeGreaterThan(0);
  });

  it('denies the frontend the datastore', async () => {
    expect((await mesh.ask('photo-frontend', 'datastore')).status).toBe(403);
    expect(await mesh.envoy('datastore').stat('http.in_datastore.rbac.denied')).toBe(1);
  });

  it('only counts what a rule that is not enforced would deny', async () => {
    const before = mesh.description.services;
    const tried = before.map((each) => (each.service === 'datastore' ? { ...each, enforced: false } : each));
    rules.replace(tried);
    const { status } = await eventually(
      () => mesh.ask('photo-frontend', 'datastore'),
      (answer) => answer.status === 200,
    );
    expect(status).toBe(200);
    expect(await mesh.envoy('datastore').stat('http.in_datastore.rbac.shadow_denied')).toBeGreaterThan(0);
    rules.replace(before);
    const again = await eventually(
      () => mesh.ask('photo-frontend', 'datastore'),
      (answer) => answer.status === 403,
    );
    expect(again.status).toBe(403);
  });

  it('refuses an impostor who serves in the backend’s place, at the client', async () => {
    const port = mesh.description.workloads.find(({ name }) => name === 'misled-frontend')!.outbound[0]!.port;
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(503);
    const misled = mesh.envoy('misled-frontend');
    expect((await misled.stats(/ssl\.fail_verify_san/))['ssl.fail_verify_san']).toBeGreaterThan(0);
    expect(await mesh.envoy('impostor').stat('http.in_impostor.downstream_rq_total')).toBe(0);
  });

  it('takes plain text in permissive mode and refuses it in strict mode', async () => {
    expect(await plainly('photo-backend')).toBe(200);
    expect(await mesh.envoy('photo-backend').stat('http.plain_photo-backend.downstream_rq_2xx')).toBe(1);
    expect(await plainly('datastore')).toBe(undefined);
    const { 'ssl.connection_error': errors = 0 } = await mesh.envoy('datastore').stats(/ssl\.connection_error/);
    expect(errors).toBeGreaterThan(0);
  });

  it('changes from permissive to strict and to none while it runs', async () => {
    const with_ = (mode: 'strict' | 'disabled' | 'permissive') =>
      rules.replace(
        mesh.description.services.map((each) => (each.service === 'photo-backend' ? { ...each, mode } : each)),
      );
    const both = async () => [
      (await mesh.ask('photo-frontend', 'photo-backend')).status,
      await plainly('photo-backend'),
    ];
    const become = (wanted: readonly unknown[]) => eventually(both, (seen) => String(seen) === String(wanted));
    with_('strict');
    expect(await become([200, undefined])).toEqual([200, undefined]);
    with_('disabled');
    expect(await become([200, 200])).toEqual([200, 200]);
    const { exhibit } = await stolen('frontend');
    expect(await keptOpen(exhibit, mesh.inboundPort('photo-backend')).ask()).toBe(0);
    with_('permissive');
    expect(await become([200, 200])).toEqual([200, 200]);
  });

  it('writes both identities into its access log', async () => {
    await mesh.ask('photo-backend', 'datastore');
    const entries = await eventually(
      () => mesh.accessLog('datastore').catch(() => ''),
      (text) => text.includes(identity('backend')),
    );
    const last = JSON.parse(entries.trim().split('\n').at(-1)!) as Record<string, unknown>;
    expect(last).toMatchObject({ service: 'datastore', peer: identity('backend'), local: identity('datastore') });
  });

  it('rotates under load without a request that fails', async () => {
    const wanted = process.env['CARTULARY_FULL'] === '1' ? 1_000 : 50;
    let running = true;
    const statuses: number[] = [];
    const load = Promise.all(
      ['photo-frontend', 'photo-backend'].map(async (name) => {
        const service = name === 'photo-frontend' ? 'photo-backend' : 'datastore';
        while (running) statuses.push((await mesh.ask(name, service)).status);
      }),
    );
    const updates = async (): Promise<number> =>
      Object.values(
        await mesh.envoy('photo-backend').stats(/server_ssl_socket_factory\.ssl_context_update_by_sds/),
      )[0] ?? 0;
    for (let round = 0; round < wanted; round++) {
      const before = await updates();
      agent.authority.rotateAll();
      await eventually(updates, (now) => now > before);
    }
    running = false;
    await load;
    expect(await updates()).toBeGreaterThanOrEqual(wanted);
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
    console.log(`${wanted} rotations of all: ${statuses.length} requests, none failed`);
  });

  it('cuts off a revoked certificate on a connection that is open', async () => {
    const port = mesh.inboundPort('photo-backend');
    const [bad, good] = [await stolen('frontend'), await stolen('frontend')];
    const [revoked, other] = [keptOpen(bad.exhibit, port), keptOpen(good.exhibit, port)];
    expect([await revoked.ask(), await revoked.ask(), await other.ask()]).toEqual([200, 200, 200]);
    expect(revoked.sockets.size).toBe(1);
    await agent.authority.revoke(bad.serial);
    expect(await eventually(revoked.ask, (status) => status !== 200)).not.toBe(200);
    expect(await eventually(other.ask, (status) => status === 200)).toBe(200);
    // Whose certificate it was is not told here, so that every way out was made anew too: a request that was under
    // way in that moment may have failed.
    const going = await eventually(
      () => mesh.ask('photo-frontend', 'photo-backend'),
      ({ status }) => status === 200,
    );
    expect(going.status).toBe(200);
    revoked.close();
    other.close();
  });

  it('refuses a certificate that has ended on a connection that is open', async () => {
    const { exhibit } = await stolen('frontend', 3_000);
    const connection = keptOpen(exhibit, mesh.inboundPort('photo-backend'));
    expect(await connection.ask()).toBe(200);
    expect(await eventually(connection.ask, (status) => status === 403)).toBe(403);
    expect(connection.sockets.size).toBe(1);
    expect(await agent.metrics.render()).toMatch(/agent_peer_checks_total\{answer="expired"\} [1-9]/);
    connection.close();
  });
});
