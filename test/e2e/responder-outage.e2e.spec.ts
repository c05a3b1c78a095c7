import { copyFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PublicClient } from '@cartulary/client';
import { createTestDatabase, type TestDatabase } from '@cartulary/ledger/testing';
import { freePorts, ServiceProcess, startKafka, type TestKafka } from '@cartulary/testing';
import { Cluster } from '../support/cluster.js';
import { makeRequest } from '../support/enrol.js';
import { OpensslJudge } from '../support/interop-openssl.js';

const PATIENCE_MS = 60_000;

let kafka: TestKafka;
let database: TestDatabase | undefined;
let cluster: Cluster;
let directory: string;
let judge: OpensslJudge;
let issuerId: string;
const late: ServiceProcess[] = [];

beforeAll(async () => {
  [kafka, database] = await Promise.all([
    startKafka(),
    createTestDatabase(process.env['CARTULARY_TEST_POSTGRES_URL']!),
  ]);
  cluster = await Cluster.start({
    databaseUrl: database.serviceUrl,
    databaseOwnerUrl: database.ownerUrl,
    env: { CARTULARY_KAFKA_BROKERS: kafka.brokers.join(','), CARTULARY_SNAPSHOT_INTERVAL: '1s' },
    replicas: [
      ['issuance', 'issuance'],
      ['revocation', 'revocation'],
      ['rotation', 'rotation'],
      ['responder', 'responder-a'],
    ],
    later: [['responder', 'responder-b']],
  });
  directory = mkdtempSync(join(tmpdir(), 'cartulary-outage-'));
  copyFileSync(join(cluster.caDirectory, 'root.crt'), join(directory, 'root.pem'));
  judge = new OpensslJudge(directory, 'root.pem');
}, 150_000);
afterAll(async () => {
  await Promise.all(late.map((process) => process.stop()));
  await cluster?.dispose();
  await database?.drop();
  await kafka?.stop();
  if (directory) rmSync(directory, { recursive: true });
});

const until = async (what: string, holds: () => Promise<boolean> | boolean): Promise<void> => {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`it did not happen: ${what}`);
    await sleep(50);
  }
};
const issue = async (name: string): Promise<string> => {
  const { csr } = await makeRequest();
  const body = { csr, identity: `spiffe://cluster.local/ns/shop/sa/${name}` };
  const issued = await cluster.client(cluster.one('issuance')).issueCertificate({ body });
  issuerId = issued.issuerId;
  writeFileSync(join(directory, 'chain.pem'), issued.chain);
  writeFileSync(join(directory, 'issuer.pem'), /-----BEGIN [^]+?-----END CERTIFICATE-----\n/.exec(issued.chain)![0]);
  return issued.serial;
};
const revoke = (serial: string, reason: 'keyCompromise' | 'certificateHold' = 'keyCompromise') =>
  cluster.client(cluster.one('revocation')).createRevocation({ body: { serial, reason } });
const release = (serial: string) =>
  cluster.client(cluster.one('revocation')).releaseCertificate({ params: { serial } });

/** What openssl has to say of the responder's answer, in full. */
const ask = async ({ publicUrl }: ServiceProcess, serial: string): Promise<string> => {
  const of = ['-serial', `0x${serial}`];
  return (await judge.ocsp({ url: `${publicUrl}/ocsp`, issuerFile: 'issuer.pem', of, chainFile: 'chain.pem' })).said;
};
const says = async (responder: ServiceProcess, serial: string, status: string): Promise<boolean> => {
  const said = await ask(responder, serial);
  return said.includes('Response verify OK') && said.includes(`0x${serial}: ${status}`);
};
const crlOf = async ({ publicUrl }: ServiceProcess): Promise<Buffer | undefined> => {
  const client = new PublicClient({ baseUrl: publicUrl, retries: 0 });
  const crl = await client.crl(issuerId).catch(() => undefined);
  await client.close();
  return crl && Buffer.from(crl);
};
const lists = async (responder: ServiceProcess, serial: string): Promise<boolean> =>
  (await crlOf(responder))?.includes(Buffer.from(serial, 'hex')) ?? false;
const startedFrom = async (responder: ServiceProcess): Promise<string | undefined> => {
  const metrics = await cluster.client(responder).getMetrics();
  return /^cartulary_responder_started_from\{source="(\w+)"\} 1$/m.exec(String(metrics))?.[1];
};
const nextUpdate = (said: string): number => Date.parse(/Next Update: (.*)/.exec(said)?.[1] ?? '');
/** The default of CARTULARY_OCSP_VALIDITY. */
const VALIDITY_MS = 15 * 60_000;

describe('a responder', () => {
  const known = {} as Record<'good' | 'revoked' | 'held' | 'later', string>;

  it('that is new bootstraps from the state topics, and answers like the one that saw everything', async () => {
    const old = cluster.one('responder');
    for (const name of ['good', 'revoked', 'held', 'later'] as const) known[name] = await issue(name);
    await revoke(known.held, 'certificateHold');
    await revoke(known.revoked);
    await until('the CRL is out', () => lists(old, known.revoked));
    const { process: fresh } = await cluster.add('responder', 'responder-b');
    await until('it has caught up', () => says(fresh, known.good, 'good'));
    expect(await startedFrom(fresh)).toBe('state');
    for (const responder of [old, fresh]) {
      expect(await ask(responder, known.revoked)).toMatch(/: revoked\s[^]*Reason: keyCompromise/);
      expect(await ask(responder, known.held)).toMatch(/: revoked\s[^]*Reason: certificateHold/);
    }
    await until('both serve the same CRL', async () => {
      const [one, other] = [await crlOf(old), await crlOf(fresh)];
      return one !== undefined && other !== undefined && one.equals(other);
    });
    await release(known.held);
    await until('both say that it is good again', async () => {
      return (await says(old, known.held, 'good')) && (await says(fresh, known.held, 'good'));
    });
    await until(
      'it is off both CRLs',
      async () => !(await lists(old, known.held)) && !(await lists(fresh, known.held)),
    );
  });

  it('that crashed goes on from its snapshot, and hears what it missed', async () => {
    const crashed = cluster.one('responder', 1);
    const file = join(crashed.dataDirectory, 'responder', 'state.snapshot');
    await until('there is a snapshot', () => statSync(file, { throwIfNoEntry: false }) !== undefined);
    await crashed.kill();
    await revoke(known.later);
    await crashed.restart();
    await until('it says so', () => says(crashed, known.later, 'revoked'));
    expect(await startedFrom(crashed)).toBe('snapshot');
    await until('its CRL lists it', () => lists(crashed, known.later));
  });

  it('that was restarted while everything else is down answers as of then, and refuses once that is too old', async () => {
    const responder = cluster.one('responder');
    await until(
      'it knows all',
      async () => (await says(responder, known.later, 'revoked')) && lists(responder, known.later),
    );
    const file = join(responder.dataDirectory, 'responder', 'state.snapshot');
    // The one that is being written may have begun before.
    for (const _ of [1, 2]) {
      const before = statSync(file).mtimeMs;
      await until('it is on disk', () => statSync(file).mtimeMs > before);
    }
    const crl = await crlOf(responder);
    await Promise.all(cluster.members.map(({ process }) => process.kill()));
    await kafka.kill();
    await database!.drop();
    database = undefined;

    await responder.restart();
    const first = await ask(responder, known.good);
    expect(first).toContain('Response verify OK');
    expect(first).toContain(`0x${known.good}: good`);
    expect(await ask(responder, known.revoked)).toMatch(/: revoked\s[^]*Reason: keyCompromise/);
    expect(await says(responder, known.held, 'good')).toBe(true);
    expect(await crlOf(responder)).toEqual(crl);
    await sleep(1_100);
    expect(nextUpdate(await ask(responder, known.later))).toBe(nextUpdate(first));
    await responder.stop();

    // The same with answers that soon end.
    const asOf = nextUpdate(first) - VALIDITY_MS;
    const [https, open] = await freePorts(2);
    const env = {
      CARTULARY_SERVICE_NAME: 'responder-a',
      CARTULARY_KAFKA_BROKERS: kafka.brokers.join(','),
      CARTULARY_ISSUANCE_URL: cluster.one('issuance').restUrl,
      CARTULARY_PUBLIC_URL: `http://127.0.0.1:${open}`,
      CARTULARY_HTTPS_PORT: String(https),
      CARTULARY_PUBLIC_PORT: String(open),
      CARTULARY_OCSP_VALIDITY: `${Math.ceil((Date.now() - asOf) / 1_000) + 3}s`,
      CARTULARY_OCSP_MAX_AGE: '1s',
    };
    const { dataDirectory } = responder;
    const short = await ServiceProcess.start({ service: 'responder', label: 'short', dataDirectory, env });
    late.push(short);
    await until('it refuses', async () => (await ask(short, known.revoked)).includes('trylater (3)'));
    const readiness = async () => {
      const { status, body } = await supertest(short.restUrl).get('/readyz').ca(cluster.read('root.crt'));
      return [status, (body as { checks?: Record<string, { detail?: string }> }).checks?.['responder-state']?.detail];
    };
    await expect.poll(readiness, { timeout: PATIENCE_MS }).toEqual([503, 'CUT_OFF']);
  });
});
