import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentProcess } from '../support/agent/agent-process.js';
import { PhotoMesh, unruledDescription } from '../support/agent/photo-mesh.js';
import { ServiceWorld } from '../support/agent/service-world.js';
import { eventually } from '../support/interop.js';

const identity = (account: string): string => `spiffe://cluster.local/ns/photo/sa/${account}`;

describe('rules of services, from the CA to real Envoys', () => {
  let directory: string;
  let world: ServiceWorld;
  let agent: AgentProcess;
  let mesh: PhotoMesh;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'mesh-rules-'));
    world = await ServiceWorld.start();
    const description = await unruledDescription();
    const selectors = [{ uid: process.getuid!() }];
    const identities = [...new Set(description.workloads.map((workload) => workload.identity))];
    await world.place(
      'node-1',
      identities.map((spiffeId) => ({ spiffeId, selectors, suspended: false })),
    );
    const file = join(directory, 'mesh.json');
    writeFileSync(file, description.file);
    // Before there is a rule an Envoy has nothing to serve: the first two are there already.
    await define('photo-backend', 'backend', ['frontend']);
    await define('photo-frontend', 'frontend', []);
    await define('impostor', 'impostor', []);
    await define('datastore', 'datastore', ['backend']);
    agent = await AgentProcess.start(directory, {
      CARTULARY_AGENT_AUTHORITY: world.grpcAddress,
      CARTULARY_AGENT_CA_FILE: world.caFile,
      CARTULARY_AGENT_JOIN_TOKEN: await world.joinToken('node-1'),
      CARTULARY_AGENT_MESH_FILE: file,
    });
    mesh = await PhotoMesh.start({
      description,
      directory,
      socket: agent.socket,
      root: world.service.read('root.crt'),
    });
  });
  afterAll(async () => {
    await mesh?.close();
    await agent?.stop();
    await world?.close();
    await rm(directory, { recursive: true, force: true });
  });

  const define = (name: string, runs: string, callers: readonly string[], enforced = true) =>
    world.rest
      .post('/v1/services', {
        ...{ namespace: 'photo', name, runs: [identity(runs)], callers: callers.map(identity), enforced },
      })
      .expect(201);
  const asked = (name: string, service: string, status: number) =>
    eventually(
      () => mesh.ask(name, `${service}.photo`).then((answer) => answer.status),
      (answered) => answered === status,
    );
  const plainly = (name: string): Promise<number | undefined> =>
    fetch(`http://127.0.0.1:${mesh.inboundPort(name)}/`).then(
      (answer) => answer.status,
      () => undefined,
    );

  it('let in whom they name, and nobody else', async () => {
    expect(await asked('photo-frontend', 'photo-backend', 200)).toBe(200);
    expect(await asked('photo-backend', 'datastore', 200)).toBe(200);
    expect(await asked('photo-frontend', 'datastore', 403)).toBe(403);
    expect(await mesh.envoy('datastore').stat('http.in_datastore.photo.rbac.denied')).toBeGreaterThan(0);
  });

  it('reach the Envoys when they change, also when they are only tried', async () => {
    await define('datastore', 'datastore', ['backend', 'frontend']);
    expect(await asked('photo-frontend', 'datastore', 200)).toBe(200);
    await define('datastore', 'datastore', ['backend']);
    expect(await asked('photo-frontend', 'datastore', 403)).toBe(403);
    await define('datastore', 'datastore', ['backend'], false);
    expect(await asked('photo-frontend', 'datastore', 200)).toBe(200);
    await define('datastore', 'datastore', ['backend']);
    expect(await asked('photo-frontend', 'datastore', 403)).toBe(403);
  });

  it('say who a service is: another one in its place is refused by the client', async () => {
    expect((await mesh.ask('photo-frontend', 'photo-backend.photo')).status).toBe(200);
    await define('photo-backend', 'impostor', ['frontend']);
    expect(await asked('photo-frontend', 'photo-backend', 503)).toBe(503);
    await define('photo-backend', 'backend', ['frontend']);
    expect(await asked('photo-frontend', 'photo-backend', 200)).toBe(200);
  });

  it('are strict unless somebody says otherwise: for the mesh, a namespace, or a workload', async () => {
    const mode = (scope: object, mode: string) => world.rest.post('/v1/mutual-tls', { ...scope, mode }).expect(201);
    const eventuallyPlain = (answer: number | undefined) =>
      eventually(
        () => plainly('datastore'),
        (status) => status === answer,
      );
    expect(await plainly('datastore')).toBeUndefined();
    await mode({ namespace: 'photo' }, 'permissive');
    // Accepted, and then nobody that a rule names.
    expect(await eventuallyPlain(200)).toBe(200);
    await mode({ identity: identity('datastore') }, 'strict');
    expect(await eventuallyPlain(undefined)).toBeUndefined();
    expect(await asked('photo-backend', 'datastore', 200)).toBe(200);
  });
});
