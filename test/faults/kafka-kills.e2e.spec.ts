import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaTransport } from '@cartulary/transport';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Breaker } from '../support/faults/break-cluster.js';
import { checkCluster } from '../support/faults/check-cluster.js';
import { ClusterRun } from '../support/faults/cluster-run.js';
import { until } from '../support/faults/collect.js';
import { figuresOf, latencyOf } from '../support/faults/figures.js';
import { KafkaStage } from '../support/faults/kafka-stage.js';
import { NAMESPACE } from '../support/faults/load.js';
import { Random } from '../support/faults/random.js';
import { ledgerProblems } from '../support/faults/read-ledger.js';
import { withoutRubbish, writeRubbish } from '../support/faults/rubbish.js';
import { blockNewKey, takeoverOfBlocks, takeoverOfInventory } from '../support/faults/takeover.js';

const full = process.env['CARTULARY_FULL'] === '1';
const ROUNDS = full ? 3 : 1;
const CHAOS_MS = full ? 600_000 : 0;
const LONG = 1_800_000;

let stage: KafkaStage;
let run: ClusterRun;
let random: Random;

beforeAll(async () => {
  random = Random.announced('kills over Kafka');
  stage = await KafkaStage.open();
  run = new ClusterRun(stage, random);
}, 240_000);
afterAll(async () => {
  await run?.close();
  await stage?.dispose();
});

describe('services over Kafka', () => {
  it(
    'lose, double and un-revoke nothing under load when each is killed, and Postgres, and the broker',
    async () => {
      const breaker = new Breaker(stage, random);
      const from = Date.now();
      const faults = await run.underLoad({ clients: 6, pause: 200 }, async () => {
        for (let round = 0; round < ROUNDS; round++) {
          await breaker.killEach();
          await breaker.restartPostgres(round % 2 === 0 ? 'kill9' : 'stop');
          await sleep(random.between(500, 1_500));
          await breaker.killBroker();
          await sleep(1_000);
        }
        return breaker.chaos(CHAOS_MS);
      });
      const latency = latencyOf(
        run.commands.filter(({ action }) => action !== 'block'),
        from,
        Date.now(),
      );
      const evidence = await run.settle();
      console.log(JSON.stringify({ ...figuresOf(evidence), back: breaker.back, latency, faults }));
      expect(checkCluster(evidence, NAMESPACE)).toEqual([]);
      expect(evidence.commands.filter(({ outcome }) => outcome === 'acknowledged').length).toBeGreaterThan(100);
      expect(await ledgerProblems(stage.ownerUrl)).toEqual([]);
    },
    LONG,
  );

  it('have a survivor in each group that takes over', async () => {
    // Whoever has the group's partitions, one of the two kills hits it.
    for (const killed of [0, 1]) {
      const [blocks, inventory] = await Promise.all([
        takeoverOfBlocks(stage, killed),
        takeoverOfInventory(stage, killed),
      ]);
      console.log(`kill -9 → the survivor has done it: keys blocked after ${blocks} ms, listed after ${inventory} ms`);
    }
  });

  it('go past what nobody can read, and past what one handler can’t do until it can', async () => {
    const { kafka, cluster } = stage;
    const transport = new KafkaTransport(
      { brokers: kafka.brokers },
      { retry: { attempts: 3, firstPause: 5, longestPause: 50 } },
    );
    const rubbish = await writeRubbish(kafka.brokers, ['certificate', 'key']);
    await run.underLoad({ clients: 2, pause: 100 }, async () => {
      // Through the consumers of both topics, behind the rubbish.
      await blockNewKey(cluster.client(cluster.one('revocation')), cluster.client(cluster.one('issuance')));
      let hated = 0;
      const seen: number[] = [];
      transport.consume({
        ...{ group: 'siem', types: ['CertificateIssued'] },
        handle: (events) => {
          hated ||= events[0]!.position;
          if (events.some(({ position }) => position === hated)) return Promise.reject(new Error('no room for it'));
          return Promise.resolve(void seen.push(...events.map(({ position }) => position)));
        },
      });
      await until(
        async () => (await transport.poisonEvents('siem')).some((one) => one.position === hated) || undefined,
        'the dead letter',
      );
      expect((await transport.poisonEvents('siem')).find((one) => one.position === hated)).toMatchObject({
        ...{ group: 'siem', type: 'CertificateIssued', reason: 'Error: no room for it', attempts: 3 },
      });
      await until(() => Promise.resolve(seen.length > 20 || undefined), 'what comes behind it');
      expect(seen).not.toContain(hated);
      const replayed: number[] = [];
      const handle = (events: readonly { position: number }[]): Promise<void> =>
        Promise.resolve(void replayed.push(...events.map(({ position }) => position)));
      expect(await transport.replayPoison('siem', hated, handle)).toBe(true);
      expect(await transport.replayPoison('siem', hated, handle)).toBe(false);
      expect(replayed).toEqual([hated]);
    });
    const setAside = await transport.poisonEvents('revocation-blocked-keys');
    expect(setAside.map(({ reason }) => reason)).toEqual(
      Array.from({ length: rubbish }, () => 'MalformedRecordError: the record has no header ce_id'),
    );
    await transport.close();
    expect(cluster.members.every(({ process }) => process.running)).toBe(true);
    expect(checkCluster(withoutRubbish(await run.settle()), NAMESPACE)).toEqual([]);
  });
});
