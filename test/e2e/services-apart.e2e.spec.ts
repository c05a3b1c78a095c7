import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@cartulary/ledger/testing';
import { type ServiceName, ServiceProcess } from '@cartulary/testing';
import { Cluster } from '../support/cluster.js';
import { expectDeadLetterToBeReplayed } from '../support/dead-letters.js';
import { makeRequest } from '../support/enrol.js';
import { expectCanaries } from '../support/expect-canaries.js';
import { RelyingParties } from '../support/relying-parties.js';

const FIRST_TTL_MS = 90_000;
const REVOCATIONS = 50;

let database: TestDatabase;
let cluster: Cluster;
let relying: RelyingParties;

beforeAll(async () => {
  database = await createTestDatabase(process.env['CARTULARY_TEST_POSTGRES_URL']!);
  cluster = await Cluster.start({
    databaseUrl: database.serviceUrl,
    databaseOwnerUrl: database.ownerUrl,
    initEnv: { CARTULARY_SERVICE_TTL: '90s', CARTULARY_SERVER_TTL: '90s' },
  });
  relying = await RelyingParties.of(cluster);
});
afterAll(async () => {
  await relying?.close();
  await cluster?.dispose();
  await database?.drop();
});

const statusOf = async (serial: string) =>
  (await cluster.client(cluster.one('inventory')).getCertificate({ params: { serial } })).status;

/** The end of what a process serves with. */
const servedUntil = ({ restUrl }: ServiceProcess): Promise<number> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(restUrl).port), ca: cluster.read('root.crt') });
    socket.once('error', reject).once('secureConnect', () => {
      resolve(Date.parse(socket.getPeerCertificate().valid_to));
      socket.destroy();
    });
  });

describe('services apart', () => {
  it('walk a certificate through its life, each step at another process', async () => {
    const issued = await relying.issueAt(0);
    const { csr } = await makeRequest();
    const renewing = cluster.client(cluster.one('issuance', 1));
    const { serial } = await renewing.renewCertificate({ params: { serial: issued.serial }, body: { csr } });
    await relying.allSay(serial, 'good');
    await relying.revokeAt(0, serial, 'certificateHold');
    expect(await statusOf(serial)).toBe('held');
    await relying.allSay(serial, 'revoked');
    await cluster.client(cluster.one('revocation', 1)).releaseCertificate({ params: { serial } });
    await relying.allSay(serial, 'good');
    await relying.revokeAt(1, serial);
    await relying.allSay(serial, 'revoked');
    const { certificates } = await cluster.client(cluster.one('inventory')).listCertificates({
      query: { namespace: 'shop' },
    });
    const listed = certificates.map((one) => [one.serial, one.status]);
    expect(listed).toEqual([
      [serial, 'revoked'],
      [issued.serial, 'active'],
    ]);
  });

  it('give a service’s certificate no more than its own', async () => {
    const responder = cluster.client(cluster.one('issuance'), 'responder-a');
    const { csr } = await makeRequest();
    const workload = responder.issueCertificate({ body: { csr, identity: 'spiffe://cluster.local/ns/shop/sa/x' } });
    await expect(workload).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const { issuerId } = relying.issuer;
    const inventory = cluster.client(cluster.one('issuance'), 'inventory');
    const delegated = inventory.issueCertificate({ body: { csr, profile: 'ocsp-signing', issuerId } });
    await expect(delegated).rejects.toMatchObject({ code: 'PROFILE_NOT_ALLOWED' });
    const read = cluster.client(cluster.one('inventory'), 'responder-a').listCertificates();
    await expect(read).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('do not start on what is not theirs, and say what to do', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'cartulary-empty-'));
    const env = {
      CARTULARY_DATABASE_URL: database.serviceUrl,
      CARTULARY_ISSUANCE_URL: cluster.one('issuance').restUrl,
      CARTULARY_HTTPS_PORT: '0',
      CARTULARY_PUBLIC_PORT: '0',
    };
    const start = (service: ServiceName, more = {}) =>
      ServiceProcess.start({ service, dataDirectory: empty, env: { ...env, ...more } });
    const other = await createTestDatabase(process.env['CARTULARY_TEST_POSTGRES_URL']!);
    try {
      await expect(start('issuance')).rejects.toThrow('no passphrase of the key store');
      await expect(start('responder')).rejects.toThrow('cartulary init --services responder');
      const elsewhere = start('inventory', { CARTULARY_DATABASE_URL: other.serviceUrl });
      await expect(elsewhere).rejects.toThrow('no trust domain in this ledger yet');
      // The issuers' certificates are public, and the responder has kept what it read of them.
      const left = readdirSync(empty).filter((name) => !name.endsWith('.log') && !name.startsWith('issuers.json'));
      expect(left).toEqual([]);
    } finally {
      await other.drop();
      rmSync(empty, { recursive: true });
    }
  });

  it('set aside what they can’t handle until it is replayed', () =>
    expectDeadLetterToBeReplayed(cluster, database.ownerUrl));

  it('have a canary in their CRLs while an agent asks for them', () =>
    expectCanaries(cluster, relying, database.ownerUrl));

  it('are ready, and show metrics to our own alone', async () => {
    for (const service of ['issuance', 'revocation', 'rotation', 'responder', 'inventory'] as const) {
      const process = cluster.one(service);
      const readiness: unknown = await cluster.client(process, 'anybody').getReadiness();
      expect(readiness).toMatchObject({ ready: true, checks: { 'own-certificates': { ok: true } } });
      await expect(cluster.client(process, 'anybody').getMetrics()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
      expect(String(await cluster.client(process).getMetrics())).toContain('# HELP');
    }
  });

  it(`tell every responder of a revocation at once`, async () => {
    const serials = [];
    for (let index = 0; index < REVOCATIONS; index++)
      serials.push((await relying.issueAt(index % 2, `s${index}`)).serial);
    const delays: number[][] = relying.all.map(() => []);
    for (const [index, serial] of serials.entries()) {
      await relying.revokeAt(index % 2, serial);
      const acknowledged = Date.now();
      (await relying.allSay(serial, 'revoked')).forEach((at, party) => delays[party]!.push(at - acknowledged));
    }
    for (const [index, sorted] of delays.map((each) => each.sort((a, b) => a - b)).entries()) {
      const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1];
      const figures = `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, most ${sorted.at(-1)} ms of ${sorted.length}`;
      process.stdout.write(`acknowledged revocation → responder ${index} says revoked: ${figures}\n`);
      expect(at(0.5)).toBeLessThan(1_000);
    }
  });

  it('go on when one of each is killed, and take it back', async () => {
    const before = await relying.issueAt(0, 'before');
    await relying.allSay(before.serial, 'good');
    const killed = [cluster.one('issuance'), cluster.one('revocation'), cluster.one('responder')];
    await Promise.all(killed.map((process) => process.kill()));

    const { serial } = await relying.issueAt(1, 'during');
    const survivor = relying.all[1]!;
    await relying.untilSays(survivor, serial, 'good');
    await relying.revokeAt(1, before.serial);
    await relying.untilSays(survivor, before.serial, 'revoked');
    const revokedAt = Date.now();
    while (!(before.serial in (await survivor.crl(relying.issuer)).entries)) {
      if (Date.now() > revokedAt + 20_000) throw new Error('the survivor publishes no CRL');
      await sleep(20);
    }
    expect(await statusOf(before.serial)).toBe('revoked');

    // The first issuance is still down: its delegations are a matter of the second.
    const responder = cluster.one('responder');
    await responder.restart();
    await relying.untilSays(relying.all[0]!, before.serial, 'revoked');
    await relying.untilSays(relying.all[0]!, serial, 'good');
    await Promise.all(killed.slice(0, 2).map((process) => process.restart()));
    const after = await relying.issueAt(0, 'after');
    await relying.revokeAt(0, after.serial);
    await relying.allSay(after.serial, 'revoked');
  });

  it('have renewed, without a restart, what init gave them for the first start', async () => {
    const deadline = Date.now() + FIRST_TTL_MS;
    const until = async (done: () => boolean | Promise<boolean>, process: ServiceProcess): Promise<void> => {
      while (!(await done())) {
        if (Date.now() > deadline) throw new Error(`not renewed\n${process.log().slice(-2_000)}`);
        await sleep(500);
      }
    };
    const serving = [...cluster.of('revocation'), ...cluster.of('responder'), cluster.one('inventory')];
    for (const process of [cluster.one('rotation'), ...serving]) {
      await until(async () => (await servedUntil(process)) > Date.now() + 2 * FIRST_TTL_MS, process);
    }
    // Those that share no files have renewed both themselves.
    for (const process of [cluster.one('rotation'), cluster.one('responder', 1), cluster.one('inventory')]) {
      const renewed = () => process.log().match(/"kind":"(service|server)".*a new certificate of our own/g) ?? [];
      await until(() => renewed().length === 2, process);
      expect(process.log().match(/"msg":"serving"/g)).toHaveLength(1);
    }
  });
});
