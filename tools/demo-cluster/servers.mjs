import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate, provisionServiceRole } from '@cartulary/ledger';
import { startEmbeddedPostgres } from '@cartulary/ledger/embedded';
import { Cluster, startKafka, untilReady } from '@cartulary/testing';

const TRUST_DOMAIN = 'cluster.local';
const portOf = (url) => new URL(url).port;

const named = (service, replicas) => {
  const rest = `REST ${replicas.map(({ restUrl }) => `:${portOf(restUrl)}`).join(', ')}`;
  const open = replicas.map(({ publicUrl }) => `:${portOf(publicUrl)}`).join(', ');
  return [
    replicas.length > 1 ? `${service} ×${replicas.length}` : service,
    service === 'responder' ? `${rest}; CRL and OCSP ${open}` : rest,
  ];
};

/** Postgres, Kafka and every service, on free ports and in a directory that goes when they go. */
export class Servers {
  #closing = [];
  directory = '';
  databaseUrl = '';
  brokers = [];
  cluster;

  /** `started(what, where, milliseconds)` as each is up. Resolves to where the walk goes. */
  async start(started, signal) {
    this.directory = await mkdtemp(join(tmpdir(), 'cartulary-demo-'));
    this.#closing.push(() => rm(this.directory, { recursive: true, force: true }));
    await chmod(this.directory, 0o711); // as root, Postgres runs as another user
    const begun = performance.now();
    const say = (what, where) => started(what, where, Math.round(performance.now() - begun));
    const outcomes = await Promise.allSettled([this.#postgres(say), this.#kafka(say)]);
    for (const { status, reason } of outcomes) if (status === 'rejected') throw reason;
    signal.throwIfAborted();
    const [{ value: urls }] = outcomes;
    const env = { CARTULARY_KAFKA_BROKERS: this.brokers.join(','), CARTULARY_TRUST_DOMAIN: TRUST_DOMAIN };
    this.cluster = await Cluster.start({ ...urls, env, directory: join(this.directory, 'services') });
    this.#closing.push(() => this.cluster.dispose());
    await untilReady(this.cluster, { onReady: (service, replicas) => say(...named(service, replicas)), signal });
    return this.#place();
  }

  #place() {
    const { cluster } = this;
    const urls = Object.fromEntries(
      ['issuance', 'revocation', 'inventory'].map((service) => [service, cluster.one(service).restUrl]),
    );
    const { publicUrl } = cluster.one('responder');
    return { urls, publicUrl, dataDirectory: cluster.caDirectory, trustDomain: TRUST_DOMAIN };
  }

  async #postgres(say) {
    const postgres = await startEmbeddedPostgres({ dataDirectory: join(this.directory, 'postgres') });
    this.#closing.push(() => postgres.stop());
    const databaseOwnerUrl = await postgres.ensureDatabase('cartulary');
    await migrate({ ownerUrl: databaseOwnerUrl });
    const role = {
      ownerUrl: databaseOwnerUrl,
      role: 'cartulary_demo_service',
      password: randomBytes(16).toString('hex'),
    };
    this.databaseUrl = await provisionServiceRole(role);
    say('Postgres', `127.0.0.1:${postgres.port}, the ledger`);
    return { databaseUrl: this.databaseUrl, databaseOwnerUrl };
  }

  async #kafka(say) {
    const kafka = await startKafka({ directory: join(this.directory, 'kafka') });
    this.#closing.push(() => kafka.stop());
    this.brokers = kafka.brokers;
    say('Kafka', `${kafka.brokers[0]}, KRaft, one broker`);
  }

  /** In the reverse order; each in any case. */
  async stop() {
    for (const close of this.#closing.splice(0).reverse())
      await close().catch((error) => process.stderr.write(`${error}\n`));
  }
}
