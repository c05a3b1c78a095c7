import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PeerCertificate, TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestAgent } from '@cartulary/agent/testing';
import { freePorts } from '@cartulary/testing';
import { derToPem } from '@cartulary/x509';
import { stolenFrom } from '../support/agent/stolen.js';
import { eventually } from '../support/interop.js';
import { findNginx } from '../support/interop-nginx.js';
import type { Exhibit } from '../support/judges/judge.js';

const server = 'spiffe://cluster.local/ns/shop/sa/cart';
const caller = 'spiffe://cluster.local/ns/shop/sa/front';
const own = { uid: process.getuid!(), gid: process.getgid!() };
const ROTATIONS = process.env['CARTULARY_FULL'] === '1' ? 100 : 5;

interface Answer {
  /** 0: there was none. */
  readonly status: number;
  /** Of the server's certificate; else why there is none. */
  readonly said: string;
}

describe('nginx with files from the agent', () => {
  let directory: string;
  let agent: TestAgent;
  let port: number;
  let nginx: ChildProcess;
  let root: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(await realpath(tmpdir()), 'files-nginx-'));
    [port] = (await freePorts(1)) as [number];
    const tls = join(directory, 'tls');
    const args = ['-p', `${directory}/`, '-c', 'nginx.conf', '-e', 'nginx.log'];
    const configuration = `
daemon off; pid nginx.pid; worker_processes 1; error_log nginx.log info;
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
    await writeFile(join(directory, 'nginx.conf'), configuration);
    const command = [findNginx(), ...args, '-s', 'reload'];
    const reload = { command, timeout: 10_000 };
    agent = await TestAgent.start({ exports: [{ identity: server, directory: tls, ...own, keyMode: 0o600, reload }] });
    agent.authority.place([{ spiffeId: server, selectors: [own], suspended: false }]);
    root = derToPem(agent.authority.ca.bundle.anchors[0]!, 'CERTIFICATE');
    const there = await eventually(
      () => stat(join(tls, 'current', 'tls.key')).catch(() => undefined),
      (found) => found !== undefined,
    );
    expect(there!.mode & 0o777).toBe(0o600);
    nginx = spawn(findNginx(), args, { stdio: 'ignore' });
    const { exhibit } = await stolenFrom(agent.authority.ca, caller);
    const first = await eventually(
      () => ask(exhibit),
      ({ status }) => status === 200,
    );
    expect(first.status, await readFile(join(directory, 'nginx.log'), 'utf8').catch(() => '')).toBe(200);
  });
  afterAll(async () => {
    await agent?.close();
    if (nginx && nginx.exitCode === null) {
      const exited = once(nginx, 'exit');
      nginx.kill('SIGTERM');
      await exited;
    }
    await rm(directory, { recursive: true, force: true });
  });

  /** On a connection of its own. */
  const ask = ({ keyPem, certificate, chain }: Exhibit): Promise<Answer> =>
    new Promise((resolve) => {
      // The server has a SPIFFE ID and no DNS name.
      const tls = { key: keyPem, cert: certificate + chain, ca: root, checkServerIdentity: () => undefined };
      const options = { ...tls, host: '127.0.0.1', port, agent: false, timeout: 10_000 };
      const outgoing = request(options, (answer) => {
        const peer: PeerCertificate = (answer.socket as TLSSocket).getPeerCertificate();
        answer.resume().on('end', () => resolve({ status: answer.statusCode!, said: peer.serialNumber }));
      });
      outgoing.on('timeout', () => outgoing.destroy(new Error('no answer')));
      outgoing.on('error', ({ message }) => resolve({ status: 0, said: message })).end();
    });

  it('takes new certificates under load without one request that fails', async () => {
    const { exhibit } = await stolenFrom(agent.authority.ca, caller);
    const answers: Answer[] = [];
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
      ({ status }) => status === 400,
    );
    console.log(`revoked → refused by nginx: ${Math.round(performance.now() - revokedAt)} ms`);
    expect(refused.status).toBe(400);
    expect((await ask(good)).status).toBe(200);
    expect(await readFile(join(directory, 'nginx.log'), 'utf8')).toContain('certificate revoked');
  });
});
