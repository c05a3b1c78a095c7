import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { CartularyClient } from '@cartulary/client';
import { certificateStream, type Serial } from '@cartulary/domain';
import { PostgresLedger } from '@cartulary/ledger';
import { StandaloneProcess } from '@cartulary/testing';
import { newSerial } from '@cartulary/x509';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkIncident } from '../support/faults/check-incident.js';
import { issuersOf, operatorTls, until } from '../support/faults/collect.js';
import { runStorm } from '../support/faults/incident-storm.js';
import { openDirectory, OwnPostgres } from '../support/faults/own-postgres.js';
import { Random } from '../support/faults/random.js';
import { ledgerProblems, readEvents } from '../support/faults/read-ledger.js';
import { RelyingParty } from '../support/faults/relying-party.js';

const full = process.env['CARTULARY_FULL'] === '1';
const CERTIFICATES = full ? 100_000 : 6_000;
const KILLS = 3;
const MOST_STARTS = 10;
const NAMESPACE = 'doomed';
const ASKED_OF_OCSP = 300;
const PER_APPEND = 1_000;
const env = { CARTULARY_CLOCK_SKEW: '0s', CARTULARY_LOG_LEVEL: 'warn', CARTULARY_HEARTBEAT: '200ms' };

describe('kill -9 in the middle of an incident', () => {
  let postgres: OwnPostgres;
  let dataDirectory: string;
  let service: StandaloneProcess;
  beforeAll(async () => {
    postgres = await OwnPostgres.start();
    dataDirectory = openDirectory('kill-incident');
    service = await StandaloneProcess.start({ databaseUrl: postgres.ownerUrl, dataDirectory, env });
  });
  afterAll(async () => {
    await service?.dispose();
    await postgres?.dispose();
    if (dataDirectory) rmSync(dataDirectory, { recursive: true, force: true });
  });

  /** Certificates as the ledger would have them; nobody looks at their bytes. */
  const store = async (count: number, issuerId: string): Promise<string[]> => {
    const ledger = new PostgresLedger({ url: postgres.ownerUrl });
    const now = Date.now();
    const time = (ms: number): string => new Date(ms).toISOString();
    const serials = Array.from({ length: count }, () => newSerial() as Serial);
    for (let from = 0; from < count; from += PER_APPEND) {
      const some = serials.slice(from, from + PER_APPEND);
      await ledger.append({
        expectations: some.map((serial) => ({ stream: certificateStream(serial), version: 0 })),
        events: some.map((serial) => ({
          stream: certificateStream(serial),
          type: 'CertificateIssued',
          data: {
            ...{ serial, issuerId, profile: 'workload', keyAlgorithm: 'ecdsa-p256', certificate: 'MAA=' },
            identity: `spiffe://cluster.local/ns/${NAMESPACE}/sa/s${Number.parseInt(serial.slice(-4), 16) % 500}`,
            keyHash: createHash('sha256').update(serial).digest('hex'),
            ...{ notBefore: time(now - 60_000), notAfter: time(now + 24 * 3_600_000) },
            evidence: { csrHash: 'cc', policyVersion: '1', requester: 'test', credential: 'system' },
          },
        })),
        ...{ actor: { id: 'system:test', credential: 'system' }, correlationId: 'test', recordedAt: time(now) },
      });
    }
    await ledger.close();
    return serials;
  };

  /** As a supervisor does: a machine that is busy enough lets a start run out of patience. */
  const startAgain = async (): Promise<void> => {
    for (let starts = 1; ; starts++) {
      try {
        return await service.restart();
      } catch (error) {
        if (starts >= MOST_STARTS) throw error;
        await service.kill();
      }
    }
  };

  /** What the inventory's REST API says. */
  const inventoried = async (client: CartularyClient): Promise<number> => {
    let count = 0;
    for (let cursor: string | undefined; ;) {
      const query = { namespace: NAMESPACE, status: 'revoked', limit: 1000, ...(cursor ? { cursor } : {}) } as const;
      const page = await client.listCertificates({ query });
      count += page.certificates.length;
      cursor = page.nextCursor;
      if (!cursor) return count;
    }
  };

  it('changes nothing: it completes, each is revoked once, all counts agree', { timeout: 1_800_000 }, async () => {
    const random = Random.announced('kill an incident');
    const workload = [...(await issuersOf(service)).values()].find(({ purpose }) => purpose === 'workload')!;
    const client = new CartularyClient({ baseUrl: service.restUrl, tls: operatorTls(service) });
    const serials = await store(CERTIFICATES, workload.issuerId);
    const storm = new AbortController();
    const raging = runStorm(service, { serials, namespace: NAMESPACE, clients: 4 }, storm.signal);
    await sleep(random.between(500, 1_500));

    const started = performance.now();
    const selector = { namespace: NAMESPACE };
    const { incident } = await client.declareIncident({ body: { selector, reason: 'keyCompromise' } });
    const params = { incidentId: incident!.incidentId };
    const killedAt: number[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      // The first falls into the enumeration or soon after it, the others between batches or into them.
      const far = async (): Promise<number | undefined> => {
        const { progress, status } = await client.getIncident({ params });
        const share = progress.revoked / CERTIFICATES;
        return share >= kill / (KILLS + 1) || status === 'contained' ? progress.revoked : undefined;
      };
      killedAt.push(await until(far, 'the incident'));
      await sleep(random.between(0, 100));
      await service.kill();
      await startAgain();
    }
    const isContained = async () => (await client.getIncident({ params })).status === 'contained' || undefined;
    for (let minutes = 0; minutes < 10; minutes++) {
      if (await until(isContained, 'the incident').catch(() => undefined)) break;
    }
    const contained = (performance.now() - started) / 1_000;
    storm.abort();
    const figures = await raging;

    const { progress, position } = await client.getIncident({ params });
    const { hit, violations } = checkIncident(await readEvents(postgres.ownerUrl), incident!.incidentId, NAMESPACE);
    expect(violations).toEqual([]);
    expect(progress).toMatchObject({ hit: hit.size, revoked: hit.size, remaining: 0 });
    expect(hit.size).toBeGreaterThanOrEqual(CERTIFICATES);
    expect(figures.granted).toBeGreaterThan(0);

    // Ledger, CRL, OCSP and inventory say the same.
    const party = new RelyingParty(service.publicUrl);
    const listed = async (): Promise<number | undefined> => {
      const { entries } = await party.crl(workload);
      const count = [...hit.keys()].filter((serial) => serial in entries).length;
      return count === hit.size ? count : undefined;
    };
    expect(await until(listed, 'the CRL')).toBe(hit.size);
    const all = [...hit.keys()];
    for (let n = 0; n < Math.min(ASKED_OF_OCSP, all.length); n++) {
      const serial = all[Math.floor(random.next() * all.length)]!;
      const revoked = async () => (await party.ocsp(serial, workload))?.says === 'revoked' || undefined;
      await until(revoked, `OCSP about ${serial}`);
    }
    await party.close();
    const inventory = async () => ((await inventoried(client)) === hit.size ? hit.size : undefined);
    expect(await until(inventory, 'the inventory')).toBe(hit.size);
    const published = (await readEvents(postgres.ownerUrl)).filter(
      (event) =>
        event.type === 'CrlPublished' && event.position > position && event.data['issuerId'] === workload.issuerId,
    );
    await client.close();
    const crls = published.length;
    console.log(JSON.stringify({ hit: hit.size, killedAt, contained, crls, ...figures }));
    expect(await service.stop()).toBe(0);
    expect(await ledgerProblems(postgres.ownerUrl)).toEqual([]);
  });
});
