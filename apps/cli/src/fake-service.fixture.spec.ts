import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecure } from 'node:https';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  isRawBody,
  type OperationId,
  problemDocument,
  problemMediaType,
  type ProblemCode,
  problems,
  type Route,
  routes,
  textValidatorFor,
  validatorFor,
} from '@cartulary/contracts';
import { expect } from 'vitest';

export interface Asked {
  readonly params: Record<string, string>;
  readonly query: Record<string, unknown>;
  readonly body: Record<string, unknown>;
  readonly headers: IncomingMessage['headers'];
}
/** A JSON answer, a problem's code, or a function of what was asked; text where the route's answer is not JSON. */
type Answer = object | ProblemCode | ((asked: Asked) => object | string | Promise<object>);

/** What a function answers to refuse. */
export class Refusal {
  constructor(readonly code: ProblemCode) {}
}

export interface FakeService {
  readonly url: string;
  /** root.crt, operator.crt and operator.key. */
  readonly data: string;
  readonly asked: (Asked & { readonly operationId: string })[];
  on(operationId: OperationId, answer: Answer): void;
  close(): Promise<void>;
}

const compiled = Object.values(routes).map((route: Route) => ({
  route,
  pattern: new RegExp(`^${route.path.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`),
  query: textValidatorFor(route.query ?? { type: 'object' }),
  body: validatorFor(route.body ?? {}),
  success: isRawBody(route.success) ? undefined : validatorFor(route.success),
}));

const selfSigned = (directory: string): void => {
  const files = (name: string): string[] => [
    '-keyout',
    join(directory, `${name}.key`),
    '-out',
    join(directory, `${name}.crt`),
  ];
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  for (const name of ['root', 'operator']) {
    const names = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync('openssl', [...args, ...names, ...files(name)], { stdio: 'ignore' });
  }
};

const send = (response: ServerResponse, status: number, type: string, body: unknown): void =>
  void response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body));

/** A service made from the routes: what it is asked and what it answers is held to their schemas. */
export const startFakeService = async (): Promise<FakeService> => {
  const data = mkdtempSync(join(tmpdir(), 'cartulary-cli-'));
  selfSigned(data);
  const answers = new Map<string, Answer>();
  const asked: FakeService['asked'] = [];
  const refuse = (response: ServerResponse, code: ProblemCode, detail?: string): void =>
    send(response, problems[code].status, problemMediaType, problemDocument(code, detail ? { detail } : {}));

  const handle = async (request: IncomingMessage, text: string, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'https://fake');
    const found = compiled.find(({ route, pattern }) => route.method === request.method && pattern.test(url.pathname));
    if (!found) return refuse(response, 'NOT_FOUND');
    const { route, pattern } = found;
    const query = found.query(Object.fromEntries(url.searchParams));
    const body =
      text === '' && !route.body
        ? { ok: true as const, value: {} }
        : found.body(text === '' ? undefined : JSON.parse(text));
    if (!query.ok || !body.ok) return refuse(response, 'INVALID_REQUEST', JSON.stringify({ query, body }));
    const groups = Object.entries(pattern.exec(url.pathname)?.groups ?? {});
    const params = Object.fromEntries(groups.map(([name, value]) => [name, decodeURIComponent(value)]));
    const one = {
      params,
      query: query.value as Asked['query'],
      body: body.value as Asked['body'],
      headers: request.headers,
    };
    asked.push({ operationId: route.operationId, ...one });
    const answer = answers.get(route.operationId);
    if (answer === undefined) return refuse(response, 'FORBIDDEN');
    if (typeof answer === 'string') return refuse(response, answer, `refused: ${answer}`);
    const result = typeof answer === 'function' ? await answer(one) : answer;
    if (isRawBody(route.success)) return void response.writeHead(route.status).end(result);
    if (result instanceof Refusal) return refuse(response, result.code);
    expect(found.success?.(structuredClone(result)), route.operationId).toMatchObject({ ok: true });
    send(response, route.status, 'application/json', result);
  };

  const read = (name: string): Buffer => readFileSync(join(data, name));
  const tls = { key: read('root.key'), cert: read('root.crt'), requestCert: true, rejectUnauthorized: false };
  const server = createSecure({ ...tls, minVersion: 'TLSv1.3' }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      handle(request, Buffer.concat(chunks).toString(), response).catch((error: unknown) =>
        response.writeHead(500, { 'content-type': 'text/plain' }).end(String(error)),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    data,
    asked,
    on: (operationId, answer) => void answers.set(operationId, answer),
    close: () =>
      new Promise((resolve) => {
        rmSync(data, { recursive: true });
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/** A port where nothing listens. */
export const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

/** A file in a directory of the test's own. */
export const put = (directory: string, name: string, text: string): string => {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
};
