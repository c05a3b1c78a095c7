import { key } from '../define-config.js';
import { booleanKind, enumKind, listKind, patternKind, portKind, secretKind, textKind, urlKind } from '../kinds.js';
import { serviceNameKind } from './shared-kinds.js';

// Where data and events are kept: Postgres, the data directory, Kafka.

/** May hold a password, so it is never shown. */
const postgresKind = { ...urlKind(['postgres:', 'postgresql:']), confidential: true };
const brokerKind = patternKind(
  'host:port',
  /^[A-Za-z0-9._-]+:\d{1,5}$/,
  260,
  'a host and a port, such as `kafka-0:9092`',
);

export const storage = {
  data: key(textKind, {
    default: './.cartulary',
    description:
      'Directory for keys, the embedded database and the first operator’s credentials. Others may enter it (0711: the embedded Postgres can run as another user); every secret in it is 0600.',
  }),
  databaseUrl: key(postgresKind, {
    absent: 'an embedded Postgres in the data directory',
    description: 'Postgres 15 or later, as the role that may only append and read. `sslmode` as in libpq, or stricter.',
  }),
  databaseOwnerUrl: key(postgresKind, {
    absent: 'the database URL',
    description: 'The same database as the role that owns the tables; used for migrations only.',
  }),
  databasePassword: key(secretKind, {
    absent: 'the one in the URL',
    description: 'Of the database URL’s role; where only the owner’s URL is given, the role made for services gets it.',
  }),
  databaseOwnerPassword: key(secretKind, { absent: 'the one in the URL', description: 'Of the owner URL’s role.' }),
  databaseCaFile: key(textKind, {
    absent: 'what `sslmode` in the URL says, else no TLS',
    description:
      'PEM certificates of the authorities that Postgres’ certificate is checked against. With it there is TLS, and the name in the URL has to be in the certificate (`verify-full`).',
  }),
  databaseCertificateFile: key(textKind, {
    absent: 'no client certificate',
    description: 'PEM certificate that Postgres gets to see, leaf first.',
  }),
  databaseKeyFile: key(textKind, { absent: 'no client certificate', description: 'PEM private key of it.' }),
  databasePort: key(portKind, { default: '0', description: 'Port of the embedded Postgres; 0 takes a free one.' }),
  keystorePassphrase: key(secretKind, {
    absent: 'generated once, in the data directory (0600)',
    description: 'Encrypts the private keys at rest.',
  }),
} as const;

export const kafka = {
  kafkaBrokers: key(listKind(brokerKind), {
    absent: 'events come from the ledger’s own tail',
    description: 'Kafka ≥ 4, through which services that run apart hear of events.',
  }),
  kafkaPrefix: key(serviceNameKind, {
    default: 'cartulary',
    description: 'Of every topic and group, before a dot. Two systems on one Kafka have two.',
  }),
  kafkaTls: key(booleanKind, {
    derived: '`true` where a CA or a client certificate is given',
    description: 'TLS to the brokers.',
  }),
  kafkaCaFile: key(textKind, {
    absent: 'the system’s authorities',
    description: 'PEM certificates of the authorities that the brokers’ certificates are checked against. Implies TLS.',
  }),
  kafkaCertificateFile: key(textKind, {
    absent: 'no client certificate',
    description: 'PEM certificate that the brokers get to see, leaf first. Implies TLS.',
  }),
  kafkaKeyFile: key(textKind, { absent: 'no client certificate', description: 'PEM private key of it.' }),
  kafkaSaslMechanism: key(enumKind(['none', 'plain', 'scram-sha-256', 'scram-sha-512']), {
    default: 'none',
    description: 'How we say who we are; with the user name and password.',
  }),
  kafkaUsername: key(textKind, { absent: 'without SASL', description: 'User of the SASL mechanism.' }),
  kafkaPassword: key(secretKind, { absent: 'without SASL', description: 'Password of the SASL mechanism.' }),
} as const;
