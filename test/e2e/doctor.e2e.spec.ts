import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@cartulary/ledger/testing';
import { freePorts, StandaloneProcess } from '@cartulary/testing';

const PATIENCE = { timeout: 60_000, interval: 300 };
const main = fileURLToPath(new URL('../../apps/cli/bin/cartulary.mjs', import.meta.url));

interface Finding {
  readonly check: string;
  readonly about?: string;
  readonly status: 'ok' | 'warning' | 'failed';
  readonly seen: string;
  readonly hint?: string;
}
interface Said {
  readonly code: number | null;
  readonly findings: readonly Finding[];
}

const doctor = async (service: StandaloneProcess): Promise<Said> => {
  const env = { ...process.env, CARTULARY_DATA: service.dataDirectory, CARTULARY_URL: service.restUrl };
  const child = spawn(process.execPath, [main, 'doctor', '--json'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (text: Buffer) => (out += text.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, ...(JSON.parse(out) as Pick<Said, 'findings'>) };
};
const failures = ({ findings }: Said): readonly Finding[] => findings.filter(({ status }) => status === 'failed');

describe('cartulary doctor', () => {
  it('finds nothing wrong with a service as it comes, on its own Postgres', async () => {
    const service = await StandaloneProcess.start();
    try {
      // The first CRL of what is prepared to follow comes a moment after the service is up.
      await expect.poll(async () => failures(await doctor(service)), PATIENCE).toEqual([]);
      const { code, findings } = await doctor(service);
      expect(code).toBe(0);
      const checks = new Set(findings.map(({ check }) => check));
      for (const check of ['disk', 'clock', 'roots', 'chain', 'epoch', 'CRL', 'OCSP', 'lag', 'database'])
        expect(checks).toContain(check);
      expect(findings.find(({ check }) => check === 'database')?.seen).toMatch(/^Postgres \d+.*fsync on$/);
    } finally {
      await service.dispose();
    }
  });

  describe('on a Postgres that does not wait for the disk, with a public URL where nobody is', () => {
    let database: TestDatabase;
    let service: StandaloneProcess;
    let nowhere: string;
    beforeAll(async () => {
      const [port] = await freePorts(1);
      nowhere = `http://127.0.0.1:${port}`;
      database = await createTestDatabase(process.env['CARTULARY_TEST_POSTGRES_URL']!);
      const env = { CARTULARY_PUBLIC_URL: nowhere };
      service = await StandaloneProcess.start({ databaseUrl: database.ownerUrl, env });
    });
    afterAll(async () => {
      await service?.dispose();
      await database?.drop();
    });

    it('says what is wrong, of whom, and what to do about it', async () => {
      const wrong = async (): Promise<string[]> => [
        ...new Set(failures(await doctor(service)).map(({ check }) => check)),
      ];
      await expect.poll(wrong, PATIENCE).toEqual(['roots', 'CRL', 'OCSP', 'database']);
      const said = await doctor(service);
      expect(said.code).toBe(1);
      const of = (check: string): readonly Finding[] => failures(said).filter((finding) => finding.check === check);
      const active = service.ready.issuers.map(({ purpose, issuerId }) => `${purpose} ${issuerId}`);
      expect(of('CRL').map(({ about }) => about)).toEqual(expect.arrayContaining(active));
      for (const { seen, hint } of of('CRL')) {
        expect(seen).toContain(`${nowhere}/crl/`);
        expect(hint).toContain('CARTULARY_PUBLIC_URL');
      }
      expect(of('database').map(({ seen }) => seen)).toEqual(['fsync = off', 'full_page_writes = off']);
    });
  });
});
