import { readFileSync } from 'node:fs';
import type { Config } from '@cartulary/runtime';
import type { KafkaSettings } from '@cartulary/transport';

/** Undefined where no brokers are named: the ledger's own tail does then. */
export const kafkaSettingsOf = (config: Config): KafkaSettings | undefined => {
  const { kafkaBrokers, kafkaPrefix, kafkaTls, kafkaCaFile } = config;
  if (!kafkaBrokers) return undefined;
  const ssl = kafkaTls && (kafkaCaFile === undefined ? true : { ca: readFileSync(kafkaCaFile, 'utf8') });
  return { brokers: kafkaBrokers, prefix: kafkaPrefix, ...(ssl ? { ssl } : {}), ...sasl(config) };
};

const sasl = ({ kafkaSaslMechanism: mechanism, kafkaUsername, kafkaPassword }: Config): Pick<KafkaSettings, 'sasl'> => {
  if (mechanism === 'none' || kafkaUsername === undefined || kafkaPassword === undefined) return {};
  return { sasl: { mechanism, username: kafkaUsername, password: kafkaPassword.reveal() } };
};
