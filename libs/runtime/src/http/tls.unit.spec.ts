import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { type TLSSocket } from 'node:tls';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCharters, type Started } from './charters.fixture.spec.js';

const run = promisify(execFile);
const directory = mkdtempSync(join(tmpdir(), 'cartulary-tls-'));
const file = (name: string): string => join(directory, name);

const selfSigned = async (name: string): Promise<{ key: string; cert: string }> => {
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'],
    ...['-keyout', file(`${name}.key`), '-out', file(`${name}.crt`)],
  ]);
  return { key: readFileSync(file(`${name}.key`), 'utf8'), cert: readFileSync(file(`${name}.crt`), 'utf8') };
};

/** openssl s_client with `input` as what it sends; what it printed. */
const sClient = (args: string[], input: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = execFile('openssl', ['s_client', ...args], { timeout: 10_000 }, (error, stdout, stderr) =>
      error?.killed ? reject(error) : resolve(stdout + stderr),
    );
    child.stdin?.end(input);
  });

const get = (port: number, options: object): Promise<{ status: number; socket: TLSSocket; serial: string }> =>
  new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, path: '/healthz', agent: false, ...options }, (response) => {
      const socket = response.socket as TLSSocket;
      const serial = socket.getPeerX509Certificate()?.serialNumber ?? '';
      response.resume().on('end', () => resolve({ status: response.statusCode ?? 0, socket, serial }));
    });
    call.on('error', reject).end();
  });

let server: { key: string; cert: string };
let client: { key: string; cert: string };
let app: Started;
const authorized: boolean[] = [];

beforeAll(async () => {
  [server, client] = await Promise.all([selfSigned('server'), selfSigned('client')]);
  app = await startCharters({ https: { ...server, ca: [client.cert] } });
  app.app.getHttpServer().on('secureConnection', (socket: TLSSocket) => authorized.push(socket.authorized));
});
afterAll(async () => {
  await app.close();
  rmSync(directory, { recursive: true });
});

describe('the TLS listener', () => {
  it('speaks TLS 1.3', async () => {
    expect((await get(app.port, { ca: server.cert })).socket.getProtocol()).toBe('TLSv1.3');
  });

  it('refuses TLS 1.2', async () => {
    await expect(get(app.port, { ca: server.cert, maxVersion: 'TLSv1.2' })).rejects.toThrow(/alert|protocol/i);
  });

  it('lets a client without a certificate in, unauthorized, so that it can show a token', async () => {
    expect((await get(app.port, { ca: server.cert })).status).toBe(200);
    expect(authorized.at(-1)).toBe(false);
  });

  it('knows a client by a certificate of the given authority', async () => {
    expect((await get(app.port, { ca: server.cert, ...client })).status).toBe(200);
    expect(authorized.at(-1)).toBe(true);
  });

  it('does not authorize a certificate of another authority', async () => {
    expect((await get(app.port, { ca: server.cert, ...server })).status).toBe(200);
    expect(authorized.at(-1)).toBe(false);
  });

  it('resumes no session', async () => {
    const session = file('session.pem');
    const to = ['-connect', `127.0.0.1:${app.port}`, '-CAfile', file('server.crt'), '-ign_eof'];
    const ask = 'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
    const first = await sClient([...to, '-sess_out', session], ask);
    expect(first).toContain('alive');
    const second = await sClient([...to, '-sess_in', session], ask);
    expect(second).toContain('alive');
    expect(second).toMatch(/^New, TLSv1\.3/m);
    expect(second).not.toMatch(/^Reused/m);
  });

  it('takes a new certificate without a restart, and goes on refusing TLS 1.2 and resumption', async () => {
    const next = await selfSigned('next');
    app.setSecureContext({ ...next, ca: [client.cert] });
    const answer = await get(app.port, { ca: next.cert, ...client });
    expect(answer.serial).toBe(new X509Certificate(next.cert).serialNumber);
    expect(authorized.at(-1)).toBe(true);
    await expect(get(app.port, { ca: next.cert, maxVersion: 'TLSv1.2' })).rejects.toThrow(/alert|protocol/i);
    const agentless = ['-connect', `127.0.0.1:${app.port}`, '-reconnect', '-CAfile', file('next.crt')];
    expect(await sClient(agentless, '')).not.toMatch(/^Reused/m);
  });
});
