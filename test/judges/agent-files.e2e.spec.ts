import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FileExport, TestAgent } from '@cartulary/agent/testing';
import { freePorts } from '@cartulary/testing';
import { derToPem } from '@cartulary/x509';
import { stolenFrom } from '../support/agent/stolen.js';
import { askDoor, type DoorAnswer } from '../support/agent/tls-door.js';
import { eventually } from '../support/interop.js';
import { findNginx } from '../support/interop-nginx.js';
import type { Exhibit } from '../support/judges/judge.js';

const server = 'spiffe://cluster.local/ns/shop/sa/cart';
const caller = 'spiffe://cluster.local/ns/shop/sa/front';
const own = { uid: process.getuid!(), gid: process.getgid!() };
const ROTATIONS = process.env['CARTULARY_FULL'] === '1' ? 100 : 5;

const nginxConfiguration = (port: number): string => `
daemon off; pid nginx.pid; worker_processes 1; error_log log info;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate tls/current/tls.crt; ssl_certificate_key tls/current/tls.key;
    ssl_client_certificate tls/current/ca.crt; ssl_crl tls/current/crl.pem;
    ssl_verify_client on; ssl_verify_depth 4; ssl_session_cache off; ssl_session_tickets off;
    location / { return 200 "ok"; }
  }
}
`;

// Its next process takes the listening sockets over from the one before.
const haproxyConfiguration = (port: number, directory: string): string => `
global
  stats socket ${directory}/admin.sock mode 600 level admin expose-fd listeners
defaults
  mode http
  timeout client 10s
  timeout server 10s
  timeout connect 10s
frontend door
  bind 127.0.0.1:${port} ssl crt tls/current/server.pem ca-file tls/current/ca.crt verify required crl-file tls/current/crl.pem no-tls-tickets
  http-request return status 200 content-type text/plain string ok
`;

interface Reader {
  readonly configuration: (port: number, directory: string) => string;
  readonly command: (directory: string) => readonly [string, ...string[]];
  readonly reload: (directory: string) => NonNullable<FileExport['reload']>;
  /** It answers who is revoked with 400; the other ends the handshake. */
  readonly refusal: number;
}

const nginx = (directory: string): [string, ...string[]] => [
  findNginx(),
  ...['-p', `${directory}/`, '-c', 'configuration', '-e', 'log'],
];
const readers: Readonly<Record<string, Reader>> = {
  'nginx, by its command': {
    configuration: nginxConfiguration,
    command: nginx,
    reload: (directory) => ({ command: [...nginx(directory), '-s', 'reload'], timeout: 10_000 }),
    refusal: 400,
  },
  'HAProxy, by a signal': {
    configuration: haproxyConfiguration,
    command: () => ['haproxy', '-W', '-p', 'haproxy.pid', '-f', 'configuration'],
    reload: (directory) => ({ pidFile: join(directory, 'haproxy.pid'), signal: 'SIGUSR2' }),
    refusal: 0,
  },
};

describe.each(Object.entries(readers))('files from the agent: %s', (_name, reader) => {
  let directory: string;
  let agent: TestAgent;
  let port: number;
  let child: ChildProcess;
  let root: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(await realpath(tmpdir()), 'agent-files-'));
    [port] = (await freePorts(1)) as [number];
    const tls = join(directory, 'tls');
    await writeFile(join(directory, 'configuration'), reader.configuration(port, directory));
    const given = { identity: server, directory: tls, ...own, keyMode: 0o600, reload: reader.reload(directory) };
    agent = await TestAgent.start({ exports: [given] });
    agent.authority.place([{ spiffeId: server, selectors: [own], suspended: false }]);
    root = derToPem(agent.authority.ca.bundle.anchors[0]!, 'CERTIFICATE');
    const there = await eventually(
      () => stat(join(tls, 'current', 'tls.key')).catch(() => undefined),
      (found) => found !== undefined,
    );
    expect(there!.mode & 0o777).toBe(0o600);
    const [command, ...args] = reader.command(directory);
    const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin` };
    child = spawn(command, args, { cwd: directory, stdio: 'ignore', env });
    const { exhibit } = await stolenFrom(agent.authority.ca, caller);
    const first = await eventually(
      () => ask(exhibit),
      ({ status }) => status === 200,
    );
    expect(first.status, await readFile(join(directory, 'log'), 'utf8').catch(() => first.said)).toBe(200);
    // Until it was there it could not be told, which is tried again.
    await eventually(
      () => agent.metrics.render(),
      (text) => text.includes('step="reload"'),
    );
  });
  afterAll(async () => {
    await agent?.close();
    if (child && child.exitCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    }
    await rm(directory, { recursive: true, force: true });
  });

  const ask = (exhibit: Exhibit): Promise<DoorAnswer> => askDoor(port, root, exhibit);

  it('takes new certificates under load without one request that fails', async () => {
    const { exhibit } = await stolenFrom(agent.authority.ca, caller);
    const answers: DoorAnswer[] = [];
    let running = true;
    const load = Promise.all(
      Array.from({ length: 4 }, async () => {
        while (running) answers.push(await ask(exhibit));
      }),
    );
    const seen = new Set([(await ask(exhibit)).said]);
    for (let round = 0; round < ROTATIONS; round++) {
      agent.authority.rotateAll();
      const next = await eventually(
        () => ask(exhibit),
        ({ status, said }) => status !== 200 || !seen.has(said),
      );
      seen.add(next.said);
    }
    running = false;
    await load;
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    console.log(`${ROTATIONS} rotations: ${answers.length} requests under way, none failed`);
    expect(seen.size).toBe(ROTATIONS + 1);
  });

  it('refuses a client once it was revoked', async () => {
    const { exhibit, serial } = await stolenFrom(agent.authority.ca, caller);
    const { exhibit: good } = await stolenFrom(agent.authority.ca, caller);
    expect((await ask(exhibit)).status).toBe(200);
    const revokedAt = performance.now();
    await agent.authority.revoke(serial);
    const refused = await eventually(
      () => ask(exhibit),
      ({ status }) => status !== 200,
    );
    console.log(`revoked → refused: ${Math.round(performance.now() - revokedAt)} ms, ${refused.said}`);
    expect(refused.status).toBe(reader.refusal);
    expect((await ask(good)).status).toBe(200);
    // A worker of before the reload may take a connection for a moment yet; then none does.
    const tries = () => Promise.all(Array.from({ length: 10 }, () => ask(exhibit)));
    const settled = await eventually(tries, (all) => all.every(({ status }) => status === reader.refusal));
    expect(settled.map(({ status }) => status)).toEqual(settled.map(() => reader.refusal));
    console.log(`refused by every worker: ${Math.round(performance.now() - revokedAt)} ms`);
  });
});
