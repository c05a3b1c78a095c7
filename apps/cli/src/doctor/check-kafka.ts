import type { Diagnostics } from '@cartulary/contracts';
import { judgeLag } from './check-lag.js';
import type { Check } from './examination.js';
import { failed, ok, type Seen } from './finding.js';

/** Where brokers are configured; else there is nothing to look at. */
export const kafkaCheck: Check = async (examination) => {
  // That diagnostics can't be read is said with the database.
  const { kafka } = await examination.diagnostics().catch(() => ({ kafka: undefined }));
  return kafka ? judgeKafka(kafka) : [];
};

export const judgeKafka = ({ reachable, brokers, reason, relay }: NonNullable<Diagnostics['kafka']>): Seen[] => [
  reachable
    ? ok(`${brokers} reachable`, 'brokers')
    : failed(reason ?? 'not reachable', 'Is Kafka up? CARTULARY_KAFKA_BROKERS says where it is.', 'brokers'),
  relay.active
    ? judgeLag('relay', relay.lag)
    : failed(
        `none is active; Kafka has events up to ${relay.position}`,
        'Each service with the ledger stands by to relay: is one up, and does it reach Kafka?',
        'relay',
      ),
];
