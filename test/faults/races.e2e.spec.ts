import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CartularyClient } from '@cartulary/client';
import { StandaloneProcess } from '@cartulary/testing';
import { storiesOf } from '../support/faults/certificate-story.js';
import { checkAnswers } from '../support/faults/check-answers.js';
import { checkGates } from '../support/faults/check-ledger.js';
import { countBy } from '../support/faults/client-log.js';
import { collectAtRest, operatorTls } from '../support/faults/collect.js';
import { openDirectory, OwnPostgres } from '../support/faults/own-postgres.js';
import { raceBlock, type Raced, raceStatus, raceSuspension } from '../support/faults/races.js';
import { Random } from '../support/faults/random.js';
import { ledgerProblems, readFacts } from '../support/faults/read-ledger.js';

const full = process.env['CARTULARY_FULL'] === '1';
const [suspensions, blocks, changes] = full ? [500, 500, 300] : [50, 50, 30];
const ATONCE = 8;

let postgres: OwnPostgres;
let service: StandaloneProcess;
let client: CartularyClient;
const directory = openDirectory('races');

beforeAll(async () => {
  postgres = await OwnPostgres.start();
  const env = { CARTULARY_CLOCK_SKEW: '0s', CARTULARY_LOG_LEVEL: 'warn' };
  service = await StandaloneProcess.start({ databaseUrl: postgres.ownerUrl, dataDirectory: directory, env });
  client = new CartularyClient({ baseUrl: service.restUrl, tls: operatorTls(service), retries: 5 });
});
afterAll(async () => {
  await client?.close();
  await service?.dispose();
  await postgres?.dispose();
  rmSync(directory, { recursive: true, force: true });
});

type Race = (client: CartularyClient, name: string, random: Random) => Promise<Raced>;

const runRaces = async (name: string, count: number, run: Race): Promise<Raced[]> => {
  const random = Random.announced(`${count} ${name} races`);
  const numbers = Array.from({ length: count }, (_, number) => number).values();
  const raced: Raced[] = [];
  const worker = async (): Promise<void> => {
    for (const number of numbers) raced.push(await run(client, `${name}-${number}`, random.fork(number)));
  };
  await Promise.all(Array.from({ length: ATONCE }, worker));
  const acknowledged = raced.flatMap((one) => one.acknowledged);
  const refused = raced.flatMap((one) => one.refused);
  const [done, codes] = [countBy(acknowledged, ({ what }) => what), countBy(refused, (code) => code)];
  console.log(`${count} ${name} races: acknowledged ${JSON.stringify(done)}, refused ${JSON.stringify(codes)}`);
  return raced;
};

/** Races of which the rival won some before and lost some after: otherwise they were no races. */
const wereRaces = (raced: readonly Raced[], gate: string): void => {
  const overtaken = raced.filter(({ acknowledged }) => {
    const closed = acknowledged.find(({ what }) => what === gate)?.position ?? 0;
    return acknowledged.some(({ what, position }) => what !== gate && position < closed);
  });
  expect(overtaken.length).toBeGreaterThan(0);
  expect(raced.flatMap(({ refused }) => refused).length).toBeGreaterThan(0);
};

describe('commands that race over REST', () => {
  it('issue nothing for an identity once its suspension is acknowledged', async () => {
    const raced = await runRaces('suspension', suspensions, raceSuspension);
    for (const { acknowledged } of raced) {
      const closed = acknowledged.find(({ what }) => what === 'suspend')!.position;
      expect(acknowledged.filter(({ position }) => position > closed)).toEqual([]);
    }
    wereRaces(raced, 'suspend');
    const facts = await readFacts(postgres.ownerUrl);
    expect(facts.filter(({ type }) => type === 'IdentitySuspended')).toHaveLength(suspensions);
    expect(checkGates(facts)).toEqual([]);
  });

  it('issue nothing for a key once its block is acknowledged, and revoke what it has', async () => {
    const raced = await runRaces('block', blocks, raceBlock);
    wereRaces(raced, 'block');
    const facts = await readFacts(postgres.ownerUrl);
    expect(facts.filter(({ type }) => type === 'KeyBlocked')).toHaveLength(blocks);
    expect(checkGates(facts)).toEqual([]);
    const { bySerial } = storiesOf(facts);
    const revoked = [...bySerial.values()].filter(({ status }) => status === 'revoked');
    const issued = raced.flatMap(({ acknowledged }) => acknowledged.filter(({ what }) => what === 'issue'));
    expect(revoked).toHaveLength(blocks + issued.length);
  });

  it('leave ledger, CRL and OCSP in agreement about holds, releases and revocations', async () => {
    const raced = await runRaces('status', changes, raceStatus);
    const revocations = raced.flatMap(({ acknowledged }) => acknowledged.filter(({ what }) => what === 'revoke'));
    const atRest = await collectAtRest(service, postgres.ownerUrl);
    expect(storiesOf(atRest.facts).violations).toEqual([]);
    expect(checkAnswers({ commands: [], ocspSeen: [], crlsSeen: [], ...atRest })).toEqual([]);
    const lastWords = new Set(
      atRest.facts.filter(({ type }) => type === 'CertificateRevoked').map(({ position }) => position),
    );
    expect(revocations.filter(({ position }) => !lastWords.has(position))).toEqual([]);
    expect(await service.stop()).toBe(0);
    expect(await ledgerProblems(postgres.ownerUrl)).toEqual([]);
  });
});
