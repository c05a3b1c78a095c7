import { mkdtemp, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePorts } from '@cartulary/testing';
import { Door } from './door.js';
import { type Bench, clockEnvironment, type Judge, type KnownJudge } from './judge.js';

const configuration = (port: number, admin: string): string => `global
  stats socket ${admin} mode 600 level admin
defaults
  mode http
  timeout client 10s
  timeout server 10s
  timeout connect 10s
frontend door
  bind 127.0.0.1:${port} ssl crt server.pem ca-file root.pem verify required crl-file crls.pem no-tls-tickets
  http-request return status 200 content-type text/plain string ok
`;

export interface HaproxyJudge extends Judge {
  /** New CRLs without a restart, over the admin socket. PEM. */
  swap(crls: string): Promise<void>;
}

/** Debian's HAProxy with `crl-file`. */
export const openHaproxy = async (bench: Bench): Promise<HaproxyJudge> => {
  const directory = await mkdtemp(join(bench.directory, 'haproxy-'));
  const [port] = (await freePorts(1)) as [number];
  const files = {
    'haproxy.cfg': configuration(port, join(directory, 'admin.sock')),
    'server.pem': bench.server.certificate + bench.server.chain + bench.server.keyPem,
    'root.pem': bench.root,
    'crls.pem': bench.crls,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text, { mode: 0o600 });
  const program = { command: 'haproxy', args: ['-db', '-f', 'haproxy.cfg'], directory, port };
  const door = await Door.open({ ...program, env: haproxyEnvironment(bench.clock) }, bench.root);
  const admin = (command: string): Promise<string> =>
    new Promise((resolve, reject) => {
      let answer = '';
      const socket = connect(join(directory, 'admin.sock'));
      socket.on('data', (chunk: Buffer) => (answer += chunk.toString())).on('error', reject);
      socket.on('end', () => resolve(answer)).end(`${command}\n`);
    });
  return {
    judge: (exhibit) => door.knock(exhibit),
    close: () => door.close(),
    swap: async (crls) => {
      const said = await admin(`set ssl crl-file crls.pem <<\n${crls.trim()}\n`);
      const done = await admin('commit ssl crl-file crls.pem');
      if (!/Success/.test(done)) throw new Error(`HAProxy did not take the CRLs: ${said} ${done}`);
    },
  };
};

// It lies in sbin, which is not in everybody's PATH.
const haproxyEnvironment = (clock: number): Record<string, string> => ({
  PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin`,
  ...clockEnvironment(clock),
});

export const haproxyJudges: readonly KnownJudge[] = [{ name: 'HAProxy', by: '`crl-file`', open: openHaproxy }];
