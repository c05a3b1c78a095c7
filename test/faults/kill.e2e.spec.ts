import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StandaloneProcess } from '@cartulary/testing';
import { checkRun } from '../support/faults/check-run.js';
import { NAMESPACE } from '../support/faults/load.js';
import { runKills } from '../support/faults/kill-run.js';
import { embeddedUrl, killEmbedded, openDirectory, OwnPostgres } from '../support/faults/own-postgres.js';
import { Random } from '../support/faults/random.js';
import { ledgerProblems } from '../support/faults/read-ledger.js';

const full = process.env['CARTULARY_FULL'] === '1';
// No backdating, so that the dates of answers are as tight as they can be; nothing is cached across a revocation.
const env = { CARTULARY_CLOCK_SKEW: '0s', CARTULARY_LOG_LEVEL: 'warn', CARTULARY_HEARTBEAT: '200ms' };

describe('kill -9 under load', () => {
  let postgres: OwnPostgres;
  const directories: string[] = [];
  const directory = (name: string): string => {
    directories.push(openDirectory(name));
    return directories.at(-1)!;
  };
  beforeAll(async () => {
    postgres = await OwnPostgres.start();
  });
  afterAll(async () => {
    await postgres?.dispose();
    for (const path of directories) rmSync(path, { recursive: true, force: true });
  });

  it('of the service loses, doubles and un-revokes nothing', async () => {
    const random = Random.announced('kill the service');
    const dataDirectory = directory('kill-service');
    const service = await StandaloneProcess.start({ databaseUrl: postgres.ownerUrl, dataDirectory, env });
    const run = {
      kills: full ? 20 : 3,
      clients: 12,
      random,
      kill: () => service.kill(),
      ownerUrl: () => postgres.ownerUrl,
    };
    try {
      const { figures, ...evidence } = await runKills(service, run);
      console.log(JSON.stringify(figures));
      expect(checkRun(evidence, NAMESPACE)).toEqual([]);
      expect(figures.outcomes['acknowledged']).toBeGreaterThan(run.kills * 10);
      expect(figures.retried).toBeGreaterThan(0);
      expect(await service.stop()).toBe(0);
      expect(await ledgerProblems(postgres.ownerUrl)).toEqual([]);
    } finally {
      await service.dispose();
    }
  });

  it('of the service and its Postgres at once neither', async () => {
    const random = Random.announced('kill the service and its Postgres');
    const dataDirectory = directory('kill-both');
    const service = await StandaloneProcess.start({ dataDirectory, env });
    const kill = async (): Promise<void> => {
      killEmbedded(dataDirectory);
      await service.kill();
    };
    const ownerUrl = (): string => embeddedUrl(dataDirectory);
    const run = { kills: full ? 20 : 2, clients: 12, random, kill, ownerUrl };
    try {
      const { figures, ...evidence } = await runKills(service, run);
      console.log(JSON.stringify(figures));
      expect(checkRun(evidence, NAMESPACE)).toEqual([]);
      expect(figures.outcomes['acknowledged']).toBeGreaterThan(run.kills * 10);
      const url = ownerUrl();
      expect(await ledgerProblems(url)).toEqual([]);
      expect(await service.stop()).toBe(0);
    } finally {
      await service.dispose();
    }
  });
});
