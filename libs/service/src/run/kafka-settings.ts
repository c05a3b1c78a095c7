import { readFileSync } from 'node:fs';
import { type Config, ConfigurationError } from '@cartulary/runtime';
import { checkKafka, type KafkaRefusal, type KafkaSettings } from '@cartulary/transport';

/** Undefined where no brokers are named: the ledger's own tail does then. Throws ConfigurationError. */
export const kafkaSettingsOf = (config: Config): KafkaSettings | undefined => {
  const { kafkaBrokers, kafkaPrefix } = config;
  if (!kafkaBrokers) return undefined;
  return { brokers: kafkaBrokers, prefix: kafkaPrefix, ...tls(config), ...sasl(config) };
};

const tls = (config: Config): Pick<KafkaSettings, 'ssl'> => {
  if (!config.kafkaTls) return {};
  const files = {
    ca: pem('CARTULARY_KAFKA_CA_FILE', config.kafkaCaFile),
    cert: pem('CARTULARY_KAFKA_CERTIFICATE_FILE', config.kafkaCertificateFile),
    key: pem('CARTULARY_KAFKA_KEY_FILE', config.kafkaKeyFile),
  };
  const given = Object.entries(files).filter(([, content]) => content !== undefined);
  return { ssl: { minVersion: 'TLSv1.2', ...Object.fromEntries(given) } };
};

const pem = (key: string, file: string | undefined): string | undefined => {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const message = `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`;
    throw new ConfigurationError([{ key, value: file, message, hint: 'name a file this user can read' }]);
  }
};

const sasl = ({ kafkaSaslMechanism: mechanism, kafkaUsername, kafkaPassword }: Config): Pick<KafkaSettings, 'sasl'> => {
  if (mechanism === 'none' || kafkaUsername === undefined || kafkaPassword === undefined) return {};
  return { sasl: { mechanism, username: kafkaUsername, password: kafkaPassword.reveal() } };
};

const advice: Record<KafkaRefusal, { readonly key: string; readonly hint: string }> = {
  'server-untrusted': {
    key: 'CARTULARY_KAFKA_CA_FILE',
    hint: 'name the PEM file of the authority that issued the brokers’ certificates',
  },
  'server-name': { key: 'CARTULARY_KAFKA_BROKERS', hint: 'use hosts that are in the brokers’ certificates' },
  'no-tls': { key: 'CARTULARY_KAFKA_BROKERS', hint: 'there is no TLS on this port: name a listener that has it' },
  'client-certificate': {
    key: 'CARTULARY_KAFKA_CERTIFICATE_FILE',
    hint: 'the brokers want a certificate of an authority that they know',
  },
  credentials: {
    key: 'CARTULARY_KAFKA_PASSWORD',
    hint: 'the brokers don’t know CARTULARY_KAFKA_USERNAME with this password, or not by this mechanism',
  },
  mechanism: { key: 'CARTULARY_KAFKA_SASL_MECHANISM', hint: 'use one that the listener has enabled' },
};

/** Throws ConfigurationError for what won't pass by itself: said at the start, once, instead of tried for ever. */
export const requireKafka = async (settings: KafkaSettings | undefined): Promise<void> => {
  const refused = settings && (await checkKafka(settings));
  if (!refused) return;
  const { key, hint } = advice[refused.refusal];
  throw new ConfigurationError([{ key, message: `no connection to Kafka: ${refused.reason}`, hint }]);
};
