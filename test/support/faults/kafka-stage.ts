import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase } from '@cartulary/ledger/testing';
import { Cluster, type ClusterOptions, type ServiceProcess, startKafka, type TestKafka } from '@cartulary/testing';
import { listIssuers } from './collect.js';
import { OwnPostgres } from './own-postgres.js';
import type { IssuerToWatch } from './relying-party.js';

export type Member = Cluster['members'][number];

const PATIENCE_MS = 90_000;

// No backdating, so that the dates of answers are as tight as they can be.
const usual = { CARTULARY_CLOCK_SKEW: '0s', CARTULARY_LOG_LEVEL: 'warn', CARTULARY_CRL_MIN_INTERVAL: '1s' };
// Small segments, soon cleaned: what compaction does in days is to happen here in seconds.
const brokerSettings = { 'log.cleaner.backoff.ms': '200' };

/** Every service as processes of their own, two and more of each, on a Postgres and a Kafka that can be killed. */
export class KafkaStage {
  private constructor(
    readonly postgres: OwnPostgres,
    readonly kafka: TestKafka,
    readonly cluster: Cluster,
    /** Of the ledger's database. */
    readonly ownerUrl: string,
    readonly issuers: ReadonlyMap<string, IssuerToWatch & { purpose: string }>,
  ) {}

  static async open(options: Pick<ClusterOptions, 'env' | 'later'> = {}): Promise<KafkaStage> {
    const opened: (() => Promise<void>)[] = [];
    try {
      const [postgres, kafka] = await Promise.all([OwnPostgres.start(), startKafka({ settings: brokerSettings })]);
      opened.push(
        () => postgres.dispose(),
        () => kafka.stop(),
      );
      const database = await createTestDatabase(postgres.ownerUrl);
      const cluster = await Cluster.start({
        databaseUrl: database.serviceUrl,
        databaseOwnerUrl: database.ownerUrl,
        env: { ...usual, CARTULARY_KAFKA_BROKERS: kafka.brokers.join(','), ...options.env },
        more: [['inventory', 'inventory-b']],
        later: options.later ?? [],
      });
      opened.push(() => cluster.dispose());
      const issuers = await listIssuers(cluster.client(cluster.one('inventory')));
      return new KafkaStage(postgres, kafka, cluster, database.ownerUrl, issuers);
    } catch (error) {
      for (const close of opened.reverse()) await close();
      throw error;
    }
  }

  /** The one that workloads' certificates are of. */
  get issuer(): IssuerToWatch {
    return [...this.issuers.values()].find(({ purpose }) => purpose === 'workload')!;
  }

  /** Starts a process that is gone again and again, as a supervisor would; gives the milliseconds until it serves. */
  async startAgain(process: ServiceProcess): Promise<number> {
    const start = performance.now();
    for (;;) {
      try {
        await process.restart();
        return Math.round(performance.now() - start);
      } catch (error) {
        if (performance.now() - start > PATIENCE_MS) throw error;
        await sleep(500);
      }
    }
  }

  async dispose(): Promise<void> {
    for (const { process: one } of this.cluster.members) if (one.running) process.kill(one.pid, 'SIGCONT');
    await this.cluster.dispose();
    await this.kafka.stop();
    await this.postgres.dispose();
  }
}
