import { rmSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate, PostgresLedger, provisionServiceRole } from '@cartulary/ledger';
import { startEmbeddedPostgres } from '@cartulary/ledger/embedded';
import { Cluster, startKafka, untilReady } from '@cartulary/testing';
import pg from 'pg';
import { Closing } from './closing.mjs';
import { ISSUANCE, TRUST_DOMAIN } from './names.mjs';

/** A directory and a Postgres of our own, with the settings that users get; `open` gives a migrated database in it. */
export class Place {
  #closing = new Closing();

  static async open() {
    const place = new Place();
    const directory = await mkdtemp(join(tmpdir(), 'cartulary-bench-'));
    await chmod(directory, 0o711); // as root, Postgres runs as another user
    place.#closing.add(() => rm(directory, { recursive: true, force: true }));
    // Interrupted: gigabytes would stay. What runs in it ends with us.
    process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
    try {
      place.directory = directory;
      place.postgres = await startEmbeddedPostgres({ dataDirectory: join(directory, 'postgres') });
      place.#closing.add(() => place.postgres.stop());
    } catch (error) {
      await place.close();
      throw error;
    }
    return place;
  }

  file(name) {
    return join(this.directory, name);
  }

  async database(name) {
    const ownerUrl = await this.postgres.ensureDatabase(name);
    await migrate({ ownerUrl });
    const url = await provisionServiceRole({ ownerUrl, role: `bench_${name}`, password: 'bench' });
    const owner = new pg.Client({ connectionString: ownerUrl });
    await owner.connect();
    this.#closing.add(() => owner.end());
    return { ownerUrl, url, owner };
  }

  /**
   * Services as processes of their own, as a user starts them; those of `later` are started by `cluster.add`. Without
   * Kafka, events come from the ledger's own tail.
   */
  async services({ replicas = [ISSUANCE], later = [], kafka = false, env = {} } = {}) {
    const { ownerUrl, url, owner } = await this.database('cartulary');
    const ledger = new PostgresLedger({ url });
    this.#closing.add(() => ledger.close());
    const brokers = kafka ? await this.#kafka() : undefined;
    const cluster = await Cluster.start({
      ...{ replicas, later, databaseUrl: url, databaseOwnerUrl: ownerUrl, directory: this.file('services') },
      env: {
        CARTULARY_TRUST_DOMAIN: TRUST_DOMAIN,
        CARTULARY_PUBLIC_URL: 'http://127.0.0.1:8080',
        CARTULARY_LOG_LEVEL: 'info',
        ...(brokers ? { CARTULARY_KAFKA_BROKERS: brokers.join(',') } : {}),
        ...env,
      },
    });
    this.#closing.add(() => cluster.dispose());
    await untilReady(cluster);
    return { cluster, ledger, owner, url, ownerUrl };
  }

  async #kafka() {
    const kafka = await startKafka({ directory: this.file('kafka') });
    this.kafkaPid = kafka.pid;
    this.#closing.add(() => kafka.stop());
    return kafka.brokers;
  }

  /** Whose CPU time counts: `{ name: pid }`. */
  roots(cluster) {
    const services = cluster.members.map(({ label, process }) => [label, process.pid]);
    const kafka = this.kafkaPid === undefined ? {} : { kafka: this.kafkaPid };
    return { ...Object.fromEntries(services), ...kafka, postgres: this.postgres.pid };
  }

  async close() {
    await this.#closing.run();
  }
}

/** Flags of the load generator for the management API, as the first operator. */
export const asOperator = (cluster) => ({
  ca: join(cluster.caDirectory, 'root.crt'),
  cert: join(cluster.caDirectory, 'operator.crt'),
  key: join(cluster.caDirectory, 'operator.key'),
});
