import { PostgresLedger } from '@cartulary/ledger';
import { createTestDatabase } from '@cartulary/ledger/testing';
import { startKafka } from '@cartulary/testing';
import { describe } from 'vitest';
import { Relay } from '../relay/relay.js';
import { transportContract } from '../testing/transport.contract.js';
import { KafkaTransport } from './kafka-transport.js';

const retry = { attempts: 3, firstPause: 1, longestPause: 20 };
const group = { sessionTimeout: 6_000, heartbeatInterval: 300, maxWait: 300 };

describe('KafkaTransport', () =>
  transportContract(async () => {
    const [database, kafka] = await Promise.all([createTestDatabase(), startKafka()]);
    const ledger = new PostgresLedger({ url: database.serviceUrl });
    const settings = { brokers: kafka.brokers };
    const onTrouble = (what: string, error: unknown): void => {
      if (process.env['CARTULARY_TEST_TROUBLE']) console.log(performance.now().toFixed(0), what, String(error));
    };
    const relay = new Relay({
      ledger,
      kafka: settings,
      databaseUrl: database.serviceUrl,
      trustDomain: 'cluster.local',
      onTrouble,
    });
    return {
      ledger,
      connect: () => Promise.resolve(new KafkaTransport(settings, { retry, group, onTrouble })),
      takeOver: 6_000,
      close: async () => {
        await relay.stop();
        await ledger.close();
        await Promise.all([kafka.stop(), database.drop()]);
      },
    };
  }));
