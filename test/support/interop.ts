import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase } from '@cartulary/ledger/testing';
import { StandaloneProcess } from '@cartulary/testing';
import { firstOperator, restOf } from './enrol.js';
import { OpensslJudge, type Asked } from './interop-openssl.js';

/** The real service, its first operator and a judge, with a directory of its own. */
export interface Court {
  readonly service: StandaloneProcess;
  readonly rest: ReturnType<typeof restOf>;
  readonly judge: OpensslJudge;
  /** Who saw what how long after its acknowledgement. */
  readonly timings: string[];
  close(): Promise<void>;
}

/** What a certificate of ours is to those who rely on it: PEM, and files that openssl knows it by. */
export interface Issued {
  readonly serial: string;
  readonly issuerId: string;
  /** RFC 3339. */
  readonly notAfter: string;
  readonly keyPem: string;
  readonly certificate: string;
  /** Issuer up to below the root. */
  readonly chain: string;
  readonly leafFile: string;
  readonly chainFile: string;
}

/** In a data directory of its own, unless there is one already. */
export const openCourt = async (env: Readonly<Record<string, string>> = {}, dataDirectory?: string): Promise<Court> => {
  const database = await createTestDatabase(process.env['CARTULARY_TEST_POSTGRES_URL']!);
  const directory = await mkdtemp(join(tmpdir(), 'cartulary-interop-'));
  const service = await StandaloneProcess.start({
    databaseUrl: database.ownerUrl,
    env,
    ...(dataDirectory === undefined ? {} : { dataDirectory }),
  }).catch(async (error: Error) => {
    await database.drop();
    await rm(directory, { recursive: true, force: true });
    throw error;
  });
  const timings: string[] = [];
  return {
    service,
    timings,
    rest: restOf(service, firstOperator(service)),
    judge: new OpensslJudge(directory, service.file('root.crt')),
    async close() {
      if (timings.length > 0) console.log(`After the acknowledgement:\n  ${timings.join('\n  ')}`);
      await service.dispose();
      await database.drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
};

let counter = 0;

/** A certificate for a request that openssl has made. */
export const issue = async ({ rest, judge }: Court, body: object = {}, asked: Asked = {}): Promise<Issued> => {
  const name = `subject${++counter}`;
  const { csr, keyPem } = await judge.request(name, asked);
  const identity = `spiffe://cluster.local/ns/interop/sa/${name}`;
  const answer = await rest.post('/v1/certificates', { csr, ...('profile' in body ? {} : { identity }), ...body });
  if (answer.status !== 201) throw new Error(`not issued: ${answer.text}`);
  const { serial, issuerId, notAfter, certificate, chain } = answer.body as Issued;
  const leafFile = await judge.write(`${name}.pem`, certificate);
  const chainFile = await judge.write(`${name}-chain.pem`, chain);
  return { serial, issuerId, notAfter, keyPem, certificate, chain, leafFile, chainFile };
};

export const revoke = async ({ rest }: Court, { serial }: Issued, reason: string, more: object = {}): Promise<void> => {
  await rest.post('/v1/revocations', { serial, reason, ...more }).expect(201);
};

export const release = async ({ rest }: Court, { serial }: Issued): Promise<void> => {
  await rest.post(`/v1/revocations/${serial}/release`).expect(200);
};

const PATIENCE_MS = 30_000;

/** Asks until the answer is the one waited for, or time is up: then the last answer, for the assertion to show. */
export const eventually = async <Answer>(
  ask: () => Promise<Answer>,
  isIt: (answer: Answer) => boolean,
): Promise<Answer> => {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (isIt(answer) || performance.now() > deadline) return answer;
    await sleep(10);
  }
};

/** As `eventually`; how long it took is printed when the court closes. For use right after an acknowledgement. */
export const timed = async <Answer>(
  { timings }: Court,
  what: string,
  ask: () => Promise<Answer>,
  isIt: (answer: Answer) => boolean,
): Promise<Answer> => {
  const acknowledged = performance.now();
  const answer = await eventually(ask, isIt);
  timings.push(`${what} ${Math.round(performance.now() - acknowledged)} ms`);
  return answer;
};
