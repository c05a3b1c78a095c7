import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createPlain, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TLSSocket } from 'node:tls';
import { problemDocument, problemMediaType, type ProblemCode, problems } from '@cartulary/contracts';

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  readonly peer: string | undefined;
}
export type Responder = (seen: Seen, response: ServerResponse) => void;

export interface LocalServer {
  readonly url: string;
  readonly seen: Seen[];
  /** What answers the next requests; the last one goes on. */
  answer(...responders: Responder[]): void;
  close(): Promise<void>;
}

export const selfSigned = (name: string): { key: string; cert: string } => {
  const directory = mkdtempSync(join(tmpdir(), 'cartulary-client-'));
  const [key, cert] = [join(directory, 'key'), join(directory, 'crt')];
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const names = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', [...args, ...names, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const pair = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  rmSync(directory, { recursive: true });
  return pair;
};

export const json =
  (body: unknown, status = 200): Responder =>
  (_, response) =>
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));

export const refuse =
  (code: ProblemCode, detail?: string): Responder =>
  (_, response) => {
    const { status, retryAfter } = problems[code];
    const retry = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
    response.writeHead(status, { 'content-type': problemMediaType, ...retry });
    response.end(JSON.stringify(problemDocument(code, detail === undefined ? {} : { detail })));
  };

export const bytes =
  (type: string, body: Buffer, status = 200): Responder =>
  (_, response) =>
    response.writeHead(status, { 'content-type': type }).end(body);

export const hangUp: Responder = (_, response) => response.socket?.destroy();

export const startServer = async (
  tls?: { key: string; cert: string; ca?: string; rejectUnauthorized?: boolean },
  scheme = tls ? 'https' : 'http',
): Promise<LocalServer> => {
  const seen: Seen[] = [];
  let responders: Responder[] = [];
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const peer = tls ? (request.socket as TLSSocket).getPeerX509Certificate()?.subject : undefined;
      const { method = '', url = '', headers } = request;
      const one = { method, url, headers, body: Buffer.concat(chunks), peer };
      seen.push(one);
      const [first, ...rest] = responders;
      if (rest.length > 0) responders = rest;
      first?.(one, response);
    });
  };
  const options = { requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.3' as const, ...tls };
  const server = tls ? createServer(options, handle) : createPlain(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    answer: (...next) => {
      seen.length = 0;
      responders = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
