import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { certificateFacts, buildOcspRequest, pemToDer } from '@cartulary/x509';
import { load, withoutErrors } from '../lib/load.mjs';
import { PeerServer } from './server.mjs';

const PORT = 8888;
const SERIALS = 100;

/** `openssl ocsp` listens on every interface and can't be told otherwise: it runs where there is none but the loopback. */
export const startOpensslOcsp = async (authority) => {
  const without = networkTrouble();
  if (without)
    return { missing: `openssl ocsp listens on all interfaces, and a network of its own is not to be had: ${without}` };
  const { file } = authority;
  const serials = Array.from({ length: SERIALS }, (_, n) => (0x1000 + n).toString(16).toUpperCase());
  const row = (serial) => `V\t301231235959Z\t\t${serial}\tunknown\t/CN=${serial}\n`;
  await writeFile(file('index.txt'), serials.map(row).join(''));
  const signer = [
    '-index',
    file('index.txt'),
    '-CA',
    file('ca.crt'),
    '-rsigner',
    file('ca.crt'),
    '-rkey',
    file('ca.key'),
  ];
  const responder = `exec openssl ocsp -port ${PORT} -nmin 60 "$@"`;
  const command = ['-n', '--', 'sh', '-c', `ip link set lo up && ${responder}`, 'sh', ...signer];
  let server;
  const issuer = pemToDer(await readFile(file('ca.crt'), 'utf8'), 'CERTIFICATE');
  certificateFacts(issuer);
  const lines = serials.map((serial) =>
    encodeURIComponent(buildOcspRequest(issuer, [serial.toLowerCase()]).toString('base64')),
  );
  await writeFile(file('questions.txt'), lines.join('\n'));
  const flags = { url: `http://127.0.0.1:${PORT}/{line}`, lines: file('questions.txt') };
  const ask = async (options) => {
    const through = ['nsenter', '-t', String(server.pid), '-n', '--'];
    return withoutErrors(await load({ ...flags, ...options }, { openssl: server.pid }, { through }));
  };
  const ready = async () => server === undefined;
  server = await PeerServer.start({ command: 'unshare', args: command, log: file('ocsp.log'), ready });
  return { server, ask };
};

const networkTrouble = () => {
  for (const name of ['unshare', 'nsenter', 'ip']) {
    if (spawnSync(name, ['--version']).error && spawnSync(name, ['-V']).error) return `${name} is not installed`;
  }
  const tried = spawnSync('unshare', ['-n', '--', 'ip', 'link', 'set', 'lo', 'up'], { encoding: 'utf8' });
  return tried.status === 0 ? undefined : tried.stderr.trim() || 'unshare -n failed';
};
