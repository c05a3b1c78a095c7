import { type ConfigOf, defineConfig, key } from './define-config.js';
import { durationKind, enumKind } from './kinds.js';
import { authority, lifetimes, rotation, epochs, publication } from './sections/certificate-policy.js';
import { storage, kafka } from './sections/connections.js';
import { listeners, grpc, services } from './sections/doors.js';
import { kubernetes } from './sections/kubernetes.js';

const operations = {
  logLevel: key(enumKind(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']), {
    default: 'info',
    description: 'The least severe level that is logged.',
  }),
  logFormat: key(enumKind(['pretty', 'json']), {
    derived: '`pretty` on a terminal, else `json`',
    description: 'For people or for programs.',
  }),
  shutdownTimeout: key(durationKind('100ms', '10m'), {
    default: '10s',
    description: 'How long requests under way may take to finish after SIGTERM.',
  }),
} as const;

/** Every key of every service. docs/configuration.md is made from this. */
export const keys = defineConfig(
  {
    Storage: storage,
    Listeners: listeners,
    gRPC: grpc,
    Services: services,
    Kafka: kafka,
    'Certificate authority': authority,
    Lifetimes: lifetimes,
    Rotation: rotation,
    Epochs: epochs,
    Publication: publication,
    Kubernetes: kubernetes,
    Operations: operations,
  },
  {
    derive: {
      databaseOwnerUrl: (config) => config.databaseUrl,
      publicUrl: (config) => `http://127.0.0.1:${config.publicPort}`,
      snapshotInterval: (config) => Math.min(60_000, Math.floor(config.ocspValidity / 3)),
      epochLength: (config) => Math.min(30 * 86_400_000, Math.floor(config.issuerTtl / 4)),
      crlRefresh: (config) => Math.floor(config.crlValidity / 2),
      crlDeltaValidity: (config) => Math.min(3_600_000, Math.floor(config.crlValidity / 2)),
      // A certificate is worth nothing on a plaintext connection, so nobody means one.
      kafkaTls: (config) => config.kafkaCaFile !== undefined || config.kafkaCertificateFile !== undefined,
      kubernetesSecretKeys: (config) =>
        config.kubernetesSecretForm === 'tls'
          ? ['tls.crt', 'tls.key', 'ca.crt']
          : ['cert-chain.pem', 'key.pem', 'root-cert.pem'],
      logFormat: () => (process.stdout.isTTY ? 'pretty' : 'json'),
    },
    rules: [
      {
        key: 'databaseKeyFile',
        hint: 'a client certificate and its key go together',
        holds: (c) => (c.databaseKeyFile === undefined) === (c.databaseCertificateFile === undefined),
      },
      {
        key: 'kafkaKeyFile',
        hint: 'a client certificate and its key go together',
        holds: (c) => (c.kafkaKeyFile === undefined) === (c.kafkaCertificateFile === undefined),
      },
      {
        key: 'kafkaSaslMechanism',
        hint: 'give a user name and a password with it',
        holds: (c) =>
          c.kafkaSaslMechanism === 'none' || (c.kafkaUsername !== undefined && c.kafkaPassword !== undefined),
      },
      {
        key: 'kafkaUsername',
        hint: 'name the SASL mechanism, too: without one nobody asks for it',
        holds: (c) => c.kafkaSaslMechanism !== 'none' || c.kafkaUsername === undefined,
      },
      {
        key: 'kafkaSaslMechanism',
        hint: '`plain` sends the password as it is: only with TLS',
        holds: (c) => c.kafkaSaslMechanism !== 'plain' || c.kafkaTls,
      },
      { key: 'publicUrl', hint: 'give it without a slash at the end', holds: (c) => !c.publicUrl.endsWith('/') },
      { key: 'workloadTtl', hint: 'at most the workload maximum', holds: (c) => c.workloadTtl <= c.workloadMaxTtl },
      { key: 'workloadMaxTtl', hint: 'shorter than the issuer lives', holds: (c) => c.workloadMaxTtl < c.issuerTtl },
      { key: 'serverTtl', hint: 'at most the issuer’s lifetime', holds: (c) => c.serverTtl <= c.issuerTtl },
      { key: 'operatorTtl', hint: 'at most the issuer’s lifetime', holds: (c) => c.operatorTtl <= c.issuerTtl },
      { key: 'serviceTtl', hint: 'at most the issuer’s lifetime', holds: (c) => c.serviceTtl <= c.issuerTtl },
      { key: 'ocspSigningTtl', hint: 'at most the issuer’s lifetime', holds: (c) => c.ocspSigningTtl <= c.issuerTtl },
      { key: 'issuerTtl', hint: 'at most the intermediate’s', holds: (c) => c.issuerTtl <= c.intermediateTtl },
      { key: 'intermediateTtl', hint: 'at most the root’s', holds: (c) => c.intermediateTtl <= c.rootTtl },
      { key: 'renewalFrom', hint: 'before `renewalTo`', holds: (c) => c.renewalFrom < c.renewalTo },
      { key: 'renewalTo', hint: 'with time left to renew', holds: (c) => c.renewalTo < 100 },
      {
        key: 'epochLength',
        hint: 'less than half of the issuers’ lifetime: an issuer waits through one epoch, and its certificates outlive its own',
        holds: (c) => 2 * c.epochLength < c.issuerTtl,
      },
      { key: 'crlRefresh', hint: 'shorter than the CRL validity', holds: (c) => c.crlRefresh < c.crlValidity },
      {
        key: 'crlDeltaValidity',
        hint: 'at most the CRL validity',
        holds: (c) => c.crlDeltaValidity <= c.crlValidity,
      },
      { key: 'ocspMaxAge', hint: 'shorter than the OCSP validity', holds: (c) => c.ocspMaxAge < c.ocspValidity },
      { key: 'heartbeat', hint: 'shorter than the OCSP validity', holds: (c) => c.heartbeat < c.ocspValidity },
      {
        key: 'kubernetesSecretKeys',
        hint: 'three of them: chain, private key, roots; in the form `tls` the first two are `tls.crt` and `tls.key`',
        holds: ({ kubernetesSecretKeys: keys, kubernetesSecretForm: form }) =>
          keys.length === 3 && (form === 'istio' || (keys[0] === 'tls.crt' && keys[1] === 'tls.key')),
      },
      {
        key: 'batchBodyLimit',
        hint: 'at least the limit of one request',
        holds: (c) => c.batchBodyLimit >= c.requestBodyLimit,
      },
    ],
  },
);

export type Config = ConfigOf<typeof keys>;
