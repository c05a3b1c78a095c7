import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePorts } from '@cartulary/testing';
import { eventually } from './interop.js';

/** How a door checks its clients; each is a `server` of the same nginx. */
export const doors = {
  ssl_crl: 'ssl_crl crls.pem;',
  'ssl_ocsp on': 'ssl_ocsp on;',
  'ssl_ocsp leaf': 'ssl_ocsp leaf;',
} as const;
export type Door = keyof typeof doors;

/** PEM. */
export interface TlsIdentity {
  readonly keyPem: string;
  /** The certificate, then its issuers below the root. */
  readonly certificates: string;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

export interface NginxFiles {
  readonly server: TlsIdentity;
  readonly root: string;
  readonly crls: string;
}

export const findNginx = (): string => {
  // It lies in sbin, which is not in everybody's PATH.
  const directories = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/local/sbin'];
  const found = directories.map((directory) => join(directory, 'nginx')).find((file) => existsSync(file));
  if (!found) throw new Error('nginx is missing: apt-get install nginx-light');
  return found;
};

const logOf = (door: Door): string => `${door.replace(' ', '-')}.log`;

const configuration = (ports: Record<Door, number>): string => `
daemon off; pid nginx.pid; worker_processes 1; error_log nginx.log info;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  ssl_certificate server.pem; ssl_certificate_key server.key;
  ssl_client_certificate root.pem; ssl_verify_client on; ssl_verify_depth 4;
  ssl_session_cache off; ssl_session_tickets off;
${Object.entries(doors)
  .map(
    ([door, check]) => `  server {
    listen 127.0.0.1:${ports[door as Door]} ssl; error_log ${logOf(door as Door)} info;
    ${check}
    location / { return 200 "$ssl_client_verify $ssl_client_serial\\n"; }
  }`,
  )
  .join('\n')}
}
`;

/** Debian's nginx, which trusts our root, in a directory of its own. Ended by pid. */
export class Nginx {
  private constructor(
    private readonly directory: string,
    private readonly ports: Record<Door, number>,
    private readonly child: ChildProcess,
    private readonly root: string,
  ) {}

  static async start(parent: string, { server, root, crls }: NginxFiles, env: NodeJS.ProcessEnv = {}): Promise<Nginx> {
    const binary = findNginx();
    const directory = join(parent, 'nginx');
    mkdirSync(directory);
    const names = Object.keys(doors) as Door[];
    const free = await freePorts(names.length);
    const ports = Object.fromEntries(names.map((door, i) => [door, free[i]!])) as Record<Door, number>;
    const files = {
      'nginx.conf': configuration(ports),
      'server.pem': server.certificates,
      'server.key': server.keyPem,
      'root.pem': root,
      'crls.pem': crls,
    };
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text, { mode: 0o600 });
    const args = ['-p', `${directory}/`, '-c', 'nginx.conf', '-e', 'nginx.log'];
    const child = spawn(binary, args, { stdio: 'ignore', env: { ...process.env, ...env } });
    const nginx = new Nginx(directory, ports, child, root);
    for (const port of free) {
      const isSettled = (listens: boolean): boolean => listens || !nginx.#running;
      if (await eventually(() => nginx.#listensAt(port), isSettled)) continue;
      const log = await readFile(join(directory, 'nginx.log'), 'utf8').catch(() => '');
      await nginx.stop();
      throw new Error(`nginx did not start: ${log}`);
    }
    return nginx;
  }

  get #running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  #listensAt(port: number): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port });
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
  }

  /** One request over a connection of its own; status 0 where there was no answer, and why. */
  ask(door: Door, { keyPem, certificates }: TlsIdentity): Promise<Answer> {
    return new Promise((resolve) => {
      const tls = { key: keyPem, cert: certificates, ca: this.root, servername: 'localhost' };
      const outgoing = request({ ...tls, host: '127.0.0.1', port: this.ports[door], agent: false }, (answer) => {
        let body = '';
        answer.on('data', (chunk: Buffer) => (body += chunk.toString()));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
      });
      outgoing.setTimeout(30_000, () => outgoing.destroy(new Error('nginx does not answer')));
      outgoing.on('error', ({ message }) => resolve({ status: 0, body: message })).end();
    });
  }

  /** What it logged since `forget`, once that matches; all that there is when it does not in time. */
  async witness(door: Door, pattern: RegExp): Promise<string> {
    const file = join(this.directory, logOf(door));
    return eventually(
      () => readFile(file, 'utf8'),
      (log) => pattern.test(log),
    );
  }

  async forget(door: Door): Promise<void> {
    await writeFile(join(this.directory, logOf(door)), '');
  }

  /** New CRLs, which nginx reads on SIGHUP. */
  async reload(crls: string): Promise<void> {
    await writeFile(join(this.directory, 'crls.pem'), crls);
    this.child.kill('SIGHUP');
  }

  async stop(): Promise<void> {
    if (!this.#running) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exited;
  }
}
