import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StandaloneProcess } from '@cartulary/testing';
import { issuersOf } from '../support/faults/collect.js';
import type { Attempt } from '../support/faults/outage.js';
import { OutageClient } from '../support/faults/outage.js';
import { openDirectory, OwnPostgres } from '../support/faults/own-postgres.js';
import { ledgerProblems, readFacts } from '../support/faults/read-ledger.js';
import { type IssuerToWatch, RelyingParty } from '../support/faults/relying-party.js';

/** Milliseconds: how long a command may take to be refused, and everything to be back. */
const REFUSED_WITHIN = { refusing: 10_000, hanging: 45_000 };
const BACK_WITHIN = 15_000;
/** How long it lasts at least: pauses between attempts grow meanwhile, and must not grow too long. */
const LASTS = process.env['CARTULARY_FULL'] === '1' ? 60_000 : 4_000;

interface Stage {
  readonly service: StandaloneProcess;
  readonly postgres: OwnPostgres;
  readonly client: OutageClient;
  readonly party: RelyingParty;
  readonly issuer: IssuerToWatch;
  close(): Promise<void>;
}

const setUp = async (env: Record<string, string> = {}): Promise<Stage> => {
  const postgres = await OwnPostgres.start();
  const dataDirectory = openDirectory('outage');
  const service = await StandaloneProcess.start({
    databaseUrl: postgres.ownerUrl,
    dataDirectory,
    env: { CARTULARY_CLOCK_SKEW: '0s', ...env },
  });
  const client = new OutageClient(service);
  const party = new RelyingParty(service.publicUrl);
  const [issuer] = [...(await issuersOf(service)).values()].filter(({ purpose }) => purpose === 'workload');
  const close = async (): Promise<void> => {
    await Promise.all([client.close(), party.close()]);
    await service.dispose();
    await postgres.dispose();
    rmSync(dataDirectory, { recursive: true, force: true });
  };
  return { service, postgres, client, party, issuer: issuer!, close };
};

describe('while Postgres is gone', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setUp();
  });
  afterAll(() => stage?.close());

  const outages: Record<
    string,
    { within: number; begin: () => Promise<void> | void; end: () => Promise<void> | void }
  > = {
    stopped: {
      within: REFUSED_WITHIN.refusing,
      begin: () => stage.postgres.stop(),
      end: () => stage.postgres.restart(),
    },
    'killed (SIGKILL)': {
      within: REFUSED_WITHIN.refusing,
      begin: () => stage.postgres.kill9(),
      end: () => stage.postgres.restart(),
    },
    'hung (SIGSTOP)': {
      within: REFUSED_WITHIN.hanging,
      begin: () => stage.postgres.hang(),
      end: () => stage.postgres.wake(),
    },
  };

  /** Issues until the signal, several at a time, so that some are under way when Postgres goes. */
  const issueUntil = async (stop: AbortSignal): Promise<Attempt[]> => {
    const attempts: Attempt[] = [];
    const worker = async (): Promise<void> => {
      while (!stop.aborted) {
        attempts.push(await stage.client.issue());
        await sleep(50);
      }
    };
    await Promise.all(Array.from({ length: 4 }, worker));
    return attempts;
  };

  it.each(Object.entries(outages))(
    '%s, commands are refused, relying parties are answered, and all comes back',
    async (name, outage) => {
      const { client, party, issuer, service, postgres } = stage;
      const [good, onHold] = [(await client.issue()).serial!, (await client.issue()).serial!];
      await client.hold(onHold);
      // Right after an outage news comes by polling, until somebody listens again.
      const says = async (serial: string) => (await party.ocsp(serial, issuer, true))?.says;
      const known = () => Promise.all([says(good), says(onHold)]);
      await expect.poll(known, { timeout: BACK_WITHIN, interval: 20 }).toEqual(['good', 'revoked']);
      const pid = service.pid;
      const stop = new AbortController();
      const issuing = issueUntil(stop.signal);
      await sleep(200);
      await outage.begin();

      const start = performance.now();
      const refused = await client.issue();
      expect(refused).toMatchObject({ status: 503, code: 'LEDGER_UNAVAILABLE', retryAfter: expect.any(Number) });
      const [one, other] = [await party.ocsp(good, issuer, true), await party.ocsp(onHold, issuer, true)];
      expect([one?.says, other?.says]).toEqual(['good', 'revoked']);
      expect((await party.crl(issuer)).number).toBeGreaterThan(0);
      const unready = await client.readiness();
      expect(unready.status).toBe(503);
      const failing = Object.entries(unready.body.checks).filter(([, { ok }]) => !ok);
      await sleep(Math.max(0, LASTS - (performance.now() - start)));
      const lasted = Math.round(performance.now() - start);

      await outage.end();
      const issuedAgain = await client.untilIssued(BACK_WITHIN);
      const readyAgain = await client.untilReady(BACK_WITHIN);
      stop.abort();
      const attempts = [...(await issuing), refused];
      const failures = attempts.filter(({ serial }) => serial === undefined);
      const slowest = Math.max(...failures.map(({ ms }) => ms));
      const checks = failing.map(([check, { detail }]) => `${check}: ${detail}`).join(', ');
      console.log(
        `${name}: ${failures.length} of ${attempts.length} refused, slowest ${slowest} ms, outage ${lasted} ms, ` +
          `issuing again after ${issuedAgain} ms, ready after ${readyAgain} ms; not ready: ${checks}`,
      );
      expect(new Set(failures.map(({ status, code }) => `${status} ${code}`))).toEqual(
        new Set(['503 LEDGER_UNAVAILABLE']),
      );
      expect(failures.filter(({ retryAfter }) => retryAfter === undefined)).toEqual([]);
      expect(slowest).toBeLessThan(outage.within);
      expect(service.running && service.pid === pid).toBe(true);

      // What was refused is done when it is asked for again, once.
      const again = await Promise.all(failures.slice(0, 20).map(({ key }) => client.issue(key)));
      expect(again.filter(({ serial }) => serial === undefined)).toEqual([]);
      const facts = await readFacts(postgres.ownerUrl);
      const issued = facts.filter(({ type }) => type === 'CertificateIssued');
      for (const { key, serial } of [...attempts.filter((attempt) => attempt.serial), ...again]) {
        const own = issued.filter(({ correlationId }) => correlationId === key);
        expect(own.map(({ data }) => data.serial)).toEqual([serial]);
      }
      for (const { key } of failures) {
        expect(issued.filter(({ correlationId }) => correlationId === key).length).toBeLessThanOrEqual(1);
      }
      // A change after the outage reaches relying parties again.
      await client.hold(good);
      const held = performance.now();
      const heldSince = (): number => Math.round(performance.now() - held);
      await expect
        .poll(async () => (await party.ocsp(good, issuer, true))?.says, { timeout: BACK_WITHIN, interval: 20 })
        .toBe('revoked');
      const ocsp = heldSince();
      await expect
        .poll(async () => good in (await party.crl(issuer)).entries, { timeout: BACK_WITHIN, interval: 20 })
        .toBe(true);
      console.log(`${name}: a hold right afterwards is in OCSP after ${ocsp} ms, in the CRL after ${heldSince()} ms`);
    },
  );

  it('the ledger has come to no harm', async () => {
    expect(await stage.service.stop()).toBe(0);
    expect(await ledgerProblems(stage.postgres.ownerUrl)).toEqual([]);
  });
});

describe('a responder that is cut off', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setUp({ CARTULARY_OCSP_VALIDITY: '4s', CARTULARY_OCSP_MAX_AGE: '1s', CARTULARY_CRL_VALIDITY: '6s' });
  });
  afterAll(() => stage?.close());

  it('answers until nextUpdate, then refuses, and answers again when it has news', async () => {
    const { client, party, issuer, postgres } = stage;
    const { serial } = await client.issue();
    expect((await party.ocsp(serial!, issuer, true))?.says).toBe('good');
    await postgres.stop();
    const stopped = Date.now();
    const first = await party.ocsp(serial!, issuer, true);
    expect(first?.says).toBe('good');
    const refusedAfter = async (ask: () => Promise<boolean>): Promise<number> => {
      await expect.poll(ask, { timeout: 20_000, interval: 50 }).toBe(true);
      return Date.now() - stopped;
    };
    // Every answer on the way is dated before the outage: its validity is not stretched.
    const ocsp = await refusedAfter(async () => {
      const seen = await party.ocsp(serial!, issuer, true);
      expect(seen?.thisUpdate ?? 0).toBeLessThanOrEqual(stopped);
      return seen === undefined;
    });
    const crl = await refusedAfter(() =>
      party.crl(issuer).then(
        () => false,
        () => true,
      ),
    );
    const { status, body } = await client.readiness();
    expect(status).toBe(503);
    expect(body.checks['responder-state']).toMatchObject({ ok: false, detail: 'CUT_OFF' });
    expect(ocsp).toBeLessThanOrEqual(4_000 + 1_500);
    await postgres.restart();
    const back = Date.now();
    await expect
      .poll(async () => (await party.ocsp(serial!, issuer, true))?.says, { timeout: BACK_WITHIN })
      .toBe('good');
    const answered = Date.now() - back;
    await expect
      .poll(
        () =>
          party.crl(issuer).then(
            () => true,
            () => false,
          ),
        { timeout: BACK_WITHIN },
      )
      .toBe(true);
    console.log(`cut off: OCSP refused after ${ocsp} ms, CRL after ${crl} ms; answering again after ${answered} ms`);
  });
});
