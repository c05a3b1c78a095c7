import { execFile, type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestAgent } from '@cartulary/agent/testing';
import { freePorts } from '@cartulary/testing';
import { stolenFrom } from '../support/agent/stolen.js';
import { eventually } from '../support/interop.js';
import type { Exhibit } from '../support/judges/judge.js';

const run = promisify(execFile);
const example = fileURLToPath(new URL('../../deploy/examples/go-revocation', import.meta.url));
const env = { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '-buildvcs=false' };
const server = 'spiffe://cluster.local/ns/shop/sa/cart';
const caller = 'spiffe://cluster.local/ns/shop/sa/front';

describe('a workload in Go that reads the CRLs of the Workload API', () => {
  let directory: string;
  let agent: TestAgent;
  let port: number;
  let child: ChildProcess | undefined;
  let said = '';

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'go-revocation-'));
    agent = await TestAgent.start();
    agent.authority.place([{ spiffeId: server, selectors: [{ uid: process.getuid!() }], suspended: false }]);
    const program = join(directory, 'hello');
    await run('go', ['build', '-o', program, '.'], { cwd: example, env });
    [port] = (await freePorts(1)) as [number];
    const socket = { SPIFFE_ENDPOINT_SOCKET: `unix://${agent.socket}` };
    child = spawn(program, [`127.0.0.1:${port}`], { env: { ...env, ...socket }, stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString()));
  });
  afterAll(async () => {
    if (child && child.exitCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    }
    await agent.close();
    await rm(directory, { recursive: true, force: true });
  });

  /** The status, or why there is none; on a connection of its own. */
  const ask = ({ keyPem, certificate, chain }: Exhibit): Promise<number | string> =>
    new Promise((resolve) => {
      const tls = { key: keyPem, cert: certificate + chain, rejectUnauthorized: false };
      const outgoing = request({ ...tls, host: '127.0.0.1', port, agent: false, timeout: 10_000 }, (answer) => {
        answer.resume().on('end', () => resolve(answer.statusCode!));
      });
      outgoing.on('timeout', () => outgoing.destroy(new Error('no answer')));
      outgoing.on('error', ({ message }) => resolve(message)).end();
    });

  it('needs at most 60 lines for it', async () => {
    const lines = (await readFile(join(example, 'revoked.go'), 'utf8')).trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(60);
  });

  it('passes its own tests: signatures, ages, deltas, missing CRLs', async () => {
    const { stdout } = await run('go', ['test', '-count=1', '-v', './...'], { cwd: example, env });
    expect(stdout.match(/--- PASS: TestVerifyConnection\//g)).toHaveLength(10);
  });

  it('accepts a peer, and refuses it once the CRL on the stream names it', async () => {
    const { exhibit, serial } = await stolenFrom(agent.authority.ca, caller);
    const { exhibit: other } = await stolenFrom(agent.authority.ca, caller);
    const accepted = await eventually(
      () => ask(exhibit),
      (answer) => answer === 200,
    );
    expect(accepted).toBe(200);

    const revokedAt = performance.now();
    await agent.authority.revoke(serial);
    const refused = await eventually(
      () => ask(exhibit),
      (answer) => answer !== 200,
    );
    console.log(`revoked → refused by the Go workload: ${Math.round(performance.now() - revokedAt)} ms`);
    expect(refused).not.toBe(200);
    await eventually(
      () => Promise.resolve(said),
      (text) => text.includes('was revoked'),
    );
    expect(said).toContain(`certificate ${serial.replace(/^0+/, '')} of`);
    expect(await ask(other)).toBe(200);

    await agent.authority.release(serial);
    const again = await eventually(
      () => ask(exhibit),
      (answer) => answer === 200,
    );
    expect(again).toBe(200);
  });

  it('goes on with the last CRLs while the agent is away', async () => {
    const { exhibit, serial } = await stolenFrom(agent.authority.ca, caller);
    const { exhibit: other } = await stolenFrom(agent.authority.ca, caller);
    await agent.authority.revoke(serial);
    await eventually(
      () => ask(exhibit),
      (answer) => answer !== 200,
    );
    await agent.stop();
    expect(await ask(exhibit)).not.toBe(200);
    expect(await ask(other)).toBe(200);
  });
});
