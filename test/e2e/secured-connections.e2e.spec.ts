import { execFile } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CartularyClient } from '@cartulary/client';
import type { EmbeddedPostgres } from '@cartulary/ledger/embedded';
import { createTestDatabase, startSecuredPostgres, type TestDatabase, TestAuthority } from '@cartulary/ledger/testing';
import {
  freePorts,
  kafkaJars,
  type KafkaSecurity,
  securedClient,
  type ServiceName,
  ServiceProcess,
  startKafka,
  type TestKafka,
} from '@cartulary/testing';
import { type ConfigurationError, keys, loadConfig } from '@cartulary/runtime';
import { databaseUrlsOf, kafkaSettingsOf, requireDatabase, requireKafka } from '@cartulary/service';
import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeRequest } from '../support/enrol.js';
import { type IssuerToWatch, RelyingParty } from '../support/faults/relying-party.js';

const run = promisify(execFile);
const acls = fileURLToPath(new URL('../../deploy/kafka/acls.sh', import.meta.url));
const PATIENCE = { timeout: 60_000 };

// Postgres and Kafka as an administrator would have them who trusts nobody: TLS everywhere, a user for each, ACLs.
describe('services on secured connections', () => {
  let directory: string;
  let authority: TestAuthority;
  let security: KafkaSecurity;
  let kafka: TestKafka;
  let postgres: EmbeddedPostgres;
  let database: TestDatabase;
  const services = new Map<ServiceName, ServiceProcess>();
  let common: Record<string, string>;

  const own = (name: string): string => join(directory, name);
  const kafkaAs = (username: string, mechanism = 'scram-sha-512'): Record<string, string> => ({
    CARTULARY_KAFKA_SASL_MECHANISM: mechanism,
    CARTULARY_KAFKA_USERNAME: username,
    CARTULARY_KAFKA_PASSWORD_FILE: own(`${username}.password`),
  });
  const databaseAs = (): Record<string, string> => {
    const url = new URL(database.serviceUrl);
    writeFileSync(own('database.password'), decodeURIComponent(url.password));
    [url.hostname, url.password] = ['localhost', ''];
    return {
      CARTULARY_DATABASE_URL: url.href,
      CARTULARY_DATABASE_PASSWORD_FILE: own('database.password'),
      CARTULARY_DATABASE_CA_FILE: authority.file('ca.crt'),
    };
  };

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'cartulary-secured-'));
    chmodSync(directory, 0o711);
    authority = await TestAuthority.create(directory);
    await TestAuthority.create(directory, 'stranger');
    await authority.issue('kafka', { san: 'DNS:localhost' });
    security = {
      certificateFile: authority.file('kafka.crt'),
      keyFile: authority.file('kafka.key'),
      caFile: authority.file('ca.crt'),
      users: { admin: 'for the test', cartulary: 'of the ledger', 'cartulary-responder': 'reads only' },
    };
    for (const [name, password] of Object.entries(security.users)) writeFileSync(own(`${name}.password`), password);
    [kafka, postgres] = await Promise.all([startKafka({ security }), startSecuredPostgres(directory, authority)]);
    database = await createTestDatabase(postgres.ownerUrl());
    const ports = await freePorts(8);
    common = {
      CARTULARY_KAFKA_BROKERS: kafka.brokers.join(','),
      CARTULARY_KAFKA_CA_FILE: security.caFile,
      CARTULARY_PUBLIC_URL: `http://127.0.0.1:${ports[0]}`,
      CARTULARY_PUBLIC_PORT: String(ports[0]),
      CARTULARY_ISSUANCE_URL: `https://127.0.0.1:${ports[1]}`,
    };
    mkdirSync(own('ca'));
    const owner = {
      ...databaseAs(),
      CARTULARY_DATABASE_OWNER_URL: database.ownerUrl.replace('127.0.0.1', 'localhost'),
    };
    await Promise.all([
      allowUsers(),
      ServiceProcess.init(own('ca'), ['revocation', 'rotation', 'responder'], {
        ...common,
        ...owner,
        ...kafkaAs('cartulary'),
      }),
    ]);
    mkdirSync(own('responder/services'), { recursive: true });
    for (const file of readdirSync(own('ca/services')).filter((name) => name.startsWith('responder')))
      cpSync(own(`ca/services/${file}`), own(`responder/services/${file}`));
    const withLedger: ServiceName[] = ['issuance', 'revocation', 'rotation'];
    const starting = withLedger.map((service, index) =>
      start(service, own('ca'), { ...databaseAs(), ...kafkaAs('cartulary') }, ports[index + 1]!),
    );
    // PLAIN, for once: within TLS it is as good.
    starting.push(start('responder', own('responder'), kafkaAs('cartulary-responder', 'plain'), ports[4]!));
    const failed = (await Promise.allSettled(starting)).find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  }, 150_000);
  afterAll(async () => {
    await Promise.all([...services.values()].map((service) => service.stop()));
    await Promise.all([kafka?.stop(), postgres?.stop()]);
    rmSync(directory, { recursive: true, force: true });
  });

  const start = async (service: ServiceName, dataDirectory: string, env: object, port: number): Promise<void> => {
    const listening = { CARTULARY_HTTPS_PORT: String(port) };
    services.set(
      service,
      await ServiceProcess.start({ service, dataDirectory, env: { ...common, ...env, ...listening } }),
    );
  };

  /** deploy/kafka/acls.sh, with Kafka's own command over the secured listener. */
  const allowUsers = async (): Promise<void> => {
    const login = `required username="admin" password="${security.users['admin']}";`;
    const properties = [
      'security.protocol=SASL_SSL',
      'ssl.truststore.type=PEM',
      `ssl.truststore.location=${security.caFile}`,
      'sasl.mechanism=SCRAM-SHA-512',
      `sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule ${login}`,
    ];
    writeFileSync(own('admin.properties'), properties.join('\n'));
    const jvm = `java -XX:TieredStopAtLevel=1 -cp ${join(await kafkaJars(), '*')} org.apache.kafka.tools.AclCommand`;
    const where = `--bootstrap-server ${kafka.brokers[0]} --command-config ${own('admin.properties')}`;
    await run('/bin/sh', ['-f', acls], { env: { ...process.env, KAFKA_ACLS: `${jvm} ${where}` } });
  };

  const client = (service: ServiceName): CartularyClient => {
    const [ca, key, cert] = ['root.crt', 'operator.key', 'operator.crt'].map((name) =>
      readFileSync(own(`ca/${name}`), 'utf8'),
    ) as [string, string, string];
    return new CartularyClient({ baseUrl: services.get(service)!.restUrl, tls: { ca, key, cert }, retries: 0 });
  };

  it('walk a certificate from its issue to a responder that says that it is revoked', async () => {
    const [issuance, revocation] = [client('issuance'), client('revocation')];
    const party = new RelyingParty(services.get('responder')!.publicUrl);
    try {
      const { csr } = await makeRequest();
      const identity = 'spiffe://cluster.local/ns/shop/sa/cart';
      const { serial, issuerId, chain } = await issuance.issueCertificate({ body: { csr, identity } });
      const [certificate] = chain.match(/-----BEGIN [^]+?-----END CERTIFICATE-----/)!;
      const issuer: IssuerToWatch = {
        issuerId,
        certificate: Buffer.from(certificate.replace(/-----[^-]+-----|\s/g, ''), 'base64'),
      };
      const says = () =>
        party.ocsp(serial, issuer, true).then(
          (seen) => seen?.says,
          () => undefined,
        );
      await expect.poll(says, PATIENCE).toBe('good');
      await revocation.createRevocation({ body: { serial, reason: 'keyCompromise' } });
      await expect.poll(says, PATIENCE).toBe('revoked');
    } finally {
      await Promise.all([issuance.close(), revocation.close(), party.close()]);
    }
  });

  it('leave nothing in plaintext', async () => {
    expect(await plaintextSessions()).toEqual([]);
  });

  it('let a responder read what it folds, and no more', async () => {
    const { ssl, sasl } = await securedClient(security, 'cartulary-responder');
    const mine = new Kafka({
      brokers: [...kafka.brokers],
      ssl: ssl as { ca: string },
      sasl: sasl as never,
      logLevel: logLevel.NOTHING,
      retry: { retries: 0 },
    });
    const admin = mine.admin();
    const producer = mine.producer();
    await Promise.all([admin.connect(), producer.connect()]);
    try {
      expect((await admin.listTopics()).filter((name) => /identity|token|\.key|dead|other/.test(name))).toEqual([]);
      await expect(admin.fetchTopicOffsets('cartulary.token')).rejects.toThrow(/not authorized|authoriz/i);
      const messages = [{ value: 'forged' }];
      await expect(producer.send({ topic: 'cartulary.revoked', messages })).rejects.toThrow(/not authorized/i);
      const topics = [{ topic: 'cartulary.mine', numPartitions: 1 }];
      await expect(admin.createTopics({ topics })).rejects.toThrow();
    } finally {
      await Promise.all([admin.disconnect(), producer.disconnect()]);
    }
  });

  describe('that are wrong', () => {
    const guess = (): string => {
      writeFileSync(own('guess'), 'guessed');
      return own('guess');
    };

    it('end the start of a service: it says which key, and no secret', async () => {
      const refused = async (service: ServiceName, dataDirectory: string, env: object): Promise<string> => {
        const main = fileURLToPath(new URL(`../../apps/${service}/dist/main.js`, import.meta.url));
        const environment = { PATH: process.env['PATH'], CARTULARY_DATA: dataDirectory, ...common, ...env };
        const { code, stderr } = await run(process.execPath, [main], { env: environment, timeout: 100_000 }).then(
          () => ({ code: 0, stderr: '' }),
          (error: { code: number; stderr: string }) => error,
        );
        expect(code, stderr).toBe(78);
        return stderr;
      };
      const wrong = { CARTULARY_DATABASE_PASSWORD_FILE: guess() };
      const [byPostgres, byKafka] = await Promise.all([
        refused('issuance', own('ca'), { ...databaseAs(), ...kafkaAs('cartulary'), ...wrong }),
        refused('responder', own('responder'), {
          ...kafkaAs('cartulary-responder'),
          CARTULARY_KAFKA_CA_FILE: authority.file('stranger.crt'),
        }),
      ]);
      expect(byPostgres).toContain('CARTULARY_DATABASE_PASSWORD: no connection to Postgres');
      expect(byPostgres).not.toContain('guessed');
      expect(byKafka).toContain('CARTULARY_KAFKA_CA_FILE: no connection to Kafka');
    });

    const keyOf = async (env: Record<string, string>): Promise<string | undefined> => {
      const config = loadConfig(keys, { environment: { ...common, ...env } });
      const { service } = databaseUrlsOf(config);
      const checked = Promise.all([service && requireDatabase(service), requireKafka(kafkaSettingsOf(config))]);
      return checked.then(
        () => undefined,
        (error: unknown) => (error as ConfigurationError).problems[0]?.key,
      );
    };

    it('are each known by their key: Postgres', async () => {
      const moved = new URL(databaseAs()['CARTULARY_DATABASE_URL']!);
      moved.hostname = '127.0.0.1';
      const using = (env: Record<string, string>) => keyOf({ ...kafkaAs('cartulary'), ...databaseAs(), ...env });
      expect(await using({})).toBeUndefined();
      expect(await using({ CARTULARY_DATABASE_CA_FILE: authority.file('stranger.crt') })).toBe(
        'CARTULARY_DATABASE_CA_FILE',
      );
      expect(await using({ CARTULARY_DATABASE_CA_FILE: '' })).toBe('CARTULARY_DATABASE_CA_FILE');
      expect(await using({ CARTULARY_DATABASE_URL: moved.href })).toBe('CARTULARY_DATABASE_URL');
    });

    it('are each known by their key: Kafka', async () => {
      const elsewhere = { CARTULARY_KAFKA_BROKERS: kafka.brokers[0]!.replace('localhost', '127.0.0.1') };
      expect(await keyOf(kafkaAs('cartulary'))).toBeUndefined();
      expect(await keyOf({ ...kafkaAs('cartulary'), ...elsewhere })).toBe('CARTULARY_KAFKA_BROKERS');
      for (const mechanism of ['scram-sha-512', 'plain'])
        expect(await keyOf({ ...kafkaAs('cartulary', mechanism), CARTULARY_KAFKA_PASSWORD_FILE: guess() })).toBe(
          'CARTULARY_KAFKA_PASSWORD',
        );
      expect(await keyOf(kafkaAs('cartulary', 'scram-sha-256'))).toBe('CARTULARY_KAFKA_SASL_MECHANISM');
    });
  });

  const plaintextSessions = async (): Promise<unknown[]> => {
    const admin = new pg.Client({ connectionString: database.ownerUrl, application_name: 'the test' });
    await admin.connect();
    try {
      const sql = `SELECT application_name, ssl FROM pg_stat_activity JOIN pg_stat_ssl USING (pid)
        WHERE datname = current_database() AND application_name LIKE 'cartulary%'`;
      const { rows } = await admin.query<{ application_name: string; ssl: boolean }>(sql);
      const kinds = new Set(rows.map(({ application_name: name }) => name.replace(/-[0-9a-f]{8}-.*/, '')));
      for (const kind of ['append', 'listen', 'read', 'relay']) expect(kinds).toContain(`cartulary-${kind}`);
      return rows.filter(({ ssl }) => !ssl);
    } finally {
      await admin.end();
    }
  };
});
