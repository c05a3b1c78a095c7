import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request as httpsRequest } from 'node:https';
import pg from 'pg';
import { expect } from 'vitest';
import { isProblemCode, problems } from '@cartulary/contracts';
import { createTestDatabase, type TestDatabase } from '@cartulary/ledger/testing';
import { StandaloneProcess } from '@cartulary/testing';
import { residentMiB } from '../faults/raw-http.js';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface Call {
  readonly method: string;
  /** The caller who may only read; the first operator unless told. */
  readonly asAuditor?: boolean;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

const PATIENCE_MS = 60_000;
const GROWTH_MIB = 256;
// Without a limit V8 lets garbage lie where there is room: what grows then says nothing. With one, a service that keeps
// what it was sent grows past it and dies.
const HEAP = '--max-old-space-size=160';
// Without what a service does by itself: CRLs are refreshed, delegates renewed.
const count = `
  select count(*) from cartulary.events
  where type !~ '^(Crl|DeltaCrl|Bundle)' and position('"profile":"ocsp-signing"' in convert_from(envelope, 'UTF8')) = 0`;

/** A standalone service that is sent garbage, and what must still be true of it afterwards. */
export class FuzzedService {
  #acknowledged = 0;
  #token = '';

  private constructor(
    readonly process: StandaloneProcess,
    private readonly database: TestDatabase,
    private readonly agent: Agent,
    private readonly anonymous: Agent,
    private readonly pid: number,
    private readonly memory: number,
    private decidedBefore: number,
  ) {}

  static async start(dataDirectory: string): Promise<FuzzedService> {
    const database = await createTestDatabase();
    const options = { databaseUrl: database.ownerUrl, dataDirectory, env: { NODE_OPTIONS: HEAP } };
    const process = await StandaloneProcess.start(options);
    const open = { keepAlive: true, maxSockets: 16, ca: process.read('root.crt') };
    const agent = new Agent({ ...open, cert: process.read('operator.crt'), key: process.read('operator.key') });
    // The responder's delegates are asked for in the first moments.
    await until(async () => (await fetch(`${process.publicUrl}/bundle.json`)).status === 200);
    const memory = residentMiB(process.pid);
    const service = new FuzzedService(process, database, agent, new Agent(open), process.pid, memory, 0);
    const { body } = await service.json('POST', '/v1/tokens', { name: 'fuzz', role: 'auditor', ttl: '1d' });
    service.#token = (JSON.parse(body.toString()) as { token: string }).token;
    await service.rebase();
    return service;
  }

  /** What is in the ledger now is there with our knowledge. */
  async rebase(): Promise<void> {
    this.decidedBefore = await settled(this.database);
    this.#acknowledged = 0;
  }

  /** One more event is in the ledger with our knowledge. */
  acknowledge(events = 1): void {
    this.#acknowledged += events;
  }

  call({ method, path, headers = {}, body, asAuditor = false }: Call): Promise<Answer> {
    const { hostname, port } = new URL(this.process.restUrl);
    const length = body ? { 'content-length': String(body.length) } : {};
    const token = asAuditor ? { authorization: `Bearer ${this.#token}` } : {};
    const agent = asAuditor ? this.anonymous : this.agent;
    return new Promise((resolve, reject) => {
      const options = { hostname, port, method, path, headers: { ...token, ...length, ...headers }, agent };
      const sent = httpsRequest({ ...options, timeout: PATIENCE_MS }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
        );
        response.on('error', reject);
      });
      sent.on('timeout', () => sent.destroy(new Error(`no answer within ${PATIENCE_MS} ms`)));
      sent.on('error', reject);
      sent.end(body);
    });
  }

  json(method: string, path: string, body: unknown): Promise<Answer> {
    return this.call({
      method,
      path,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(body)),
    });
  }

  /** The same process, whole, working, no larger than it may be, and nothing in the ledger that nobody was told of. */
  async isUnharmed(): Promise<void> {
    expect(this.process.running && this.process.pid === this.pid).toBe(true);
    expect((await this.call({ method: 'GET', path: '/v1/whoami' })).status).toBe(200);
    expect((await fetch(`${this.process.publicUrl}/bundle.json`)).status).toBe(200);
    expect(this.process.log()).not.toMatch(/uncaught|unhandled|"level":60/i);
    expect((await settled(this.database)) - this.decidedBefore).toBe(this.#acknowledged);
    const growth = residentMiB(this.pid) - this.memory;
    console.log(`memory ${this.memory} MiB, growth ${growth} MiB`);
    expect(growth).toBeLessThan(GROWTH_MIB);
  }

  async dispose(): Promise<void> {
    this.agent.destroy();
    this.anonymous.destroy();
    await this.process.dispose();
    await this.database.drop();
  }
}

const until = async (holds: () => Promise<boolean>): Promise<void> => {
  for (const deadline = Date.now() + PATIENCE_MS; ;) {
    if (await holds().catch(() => false)) return;
    if (Date.now() > deadline) throw new Error(`it did not come true within ${PATIENCE_MS} ms`);
    await sleep(100);
  }
};

// Counted where they lie: reading them all takes longer than the campaign.
const decided = async (database: TestDatabase): Promise<number> => {
  const client = new pg.Client({ connectionString: database.ownerUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ count: string }>(count);
    return Number(rows[0]!.count);
  } finally {
    await client.end();
  }
};

/** How many events, once none has been added for a while. */
const settled = async (database: TestDatabase): Promise<number> => {
  let count = await decided(database);
  for (let quiet = 0; quiet < 3;) {
    await sleep(200);
    const now = await decided(database);
    quiet = now === count ? quiet + 1 : 0;
    count = now;
  }
  return count;
};

/** The code of a refusal, which must be a documented one with its status. 503 is for what the route declares, else no 5xx. */
export const refusalOf = ({ status, headers, body }: Answer, declared: readonly string[] = []): string => {
  const text = body.toString('utf8');
  expect(status, text).toBeGreaterThanOrEqual(400);
  if (status === 503) expect(declared, text).toContain((JSON.parse(text) as { code: string }).code);
  else expect(status, text).toBeLessThan(500);
  expect(headers['content-type'], text).toMatch('application/problem+json');
  const { code, status: said } = JSON.parse(text) as { code: string; status: number };
  expect(isProblemCode(code), text).toBe(true);
  expect([said, problems[code as keyof typeof problems].status], text).toEqual([status, status]);
  expect(text).not.toMatch(/node_modules|\bat .*:\d+:\d+|PRIVATE KEY|select .* from/i);
  return code;
};
