import { type ConfigOf, defineConfig, key } from './define-config.js';
import {
  booleanKind,
  bytesKind,
  durationKind,
  enumKind,
  integerKind,
  listKind,
  patternKind,
  portKind,
  secretKind,
  textKind,
  urlKind,
} from './kinds.js';

// DESIGN §10, lesson 15: an underscore breaks Java, and `spiffe://` parsers disagree about anything else.
const trustDomainKind = patternKind(
  'trust domain',
  /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/,
  253,
  'a lower-case DNS name: letters, digits, hyphens and dots, such as `cluster.local`',
);
const serviceNameKind = patternKind(
  'name',
  /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
  63,
  'lower-case letters, digits and hyphens, such as `responder-eu-1`',
);
const serverNameKind = patternKind('name', /^[A-Za-z0-9.:{}-]+$/, 253, 'a DNS name or an IP address');
const httpKind = urlKind(['http:', 'https:']);
/** May hold a password, so it is never shown. */
const postgresKind = { ...urlKind(['postgres:', 'postgresql:']), confidential: true };
const lifetimeKind = durationKind('1m', '50y');
const shortKind = durationKind('10ms', '1h');
const publicationKind = durationKind('1s', '30d');

const storage = {
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

const listeners = {
  httpsHost: key(textKind, { default: '127.0.0.1', description: 'Address of the REST API (TLS 1.3).' }),
  httpsPort: key(portKind, { default: '8443', description: 'Port of the REST API; 0 takes a free one.' }),
  publicHost: key(textKind, {
    default: '127.0.0.1',
    description: 'Address of the public side: CRLs, OCSP, issuers, bundle (plain HTTP, as RFC 5280 wants it).',
  }),
  publicPort: key(portKind, { default: '8080', description: 'Port of the public side; 0 takes a free one.' }),
  publicReusePort: key(booleanKind, {
    default: 'false',
    description:
      'Whether several responders on one machine listen on the same public port (`SO_REUSEPORT`, Linux): the kernel deals out the connections. Each has its own data directory and ports otherwise.',
  }),
  publicUrl: key(httpKind, {
    derived: '`http://127.0.0.1:` and the public port',
    description: 'What is written into certificates as the place of CRLs and OCSP; no slash at the end.',
  }),
  requestBodyLimit: key(bytesKind('1KiB', '64MiB'), { default: '1MiB', description: 'Largest body of a request.' }),
  batchBodyLimit: key(bytesKind('1KiB', '64MiB'), { default: '8MiB', description: 'Largest body of a batch request.' }),
  batchMaximum: key(integerKind(1, 10_000), {
    default: '1000',
    description: 'Most certificates in one batch request.',
  }),
  maxConnections: key(integerKind(1, 1_000_000), {
    default: '4096',
    description: 'Most connections at once on each listener; more are refused.',
  }),
} as const;

const accountKind = patternKind(
  'account',
  /^[a-z0-9.-]{1,253}\/[a-z0-9.-]{1,253}$/,
  507,
  'a namespace and a service account, such as `istio-system/ztunnel`',
);
const identityKind = patternKind(
  'path of an identity',
  /^ns\/[A-Za-z0-9._{}:-]+\/sa\/[A-Za-z0-9._{}:-]+$/,
  512,
  '`ns/<namespace>/sa/<account>`, with claims in braces, such as `ns/ci/sa/{sub}`',
);
const audienceKind = patternKind('audience', /^[\x21-\x7e]+$/, 512, 'what stands in `aud`, such as `istio-ca`');
const httpsKind = urlKind(['https:']);

const grpc = {
  grpcHost: key(textKind, { default: '127.0.0.1', description: 'Address of the gRPC services (TLS 1.3).' }),
  grpcPort: key(portKind, {
    absent: 'no gRPC',
    description:
      'Port of the gRPC services: certificates for Istio’s agents and ztunnel, and for our own agents; 0 takes a free one.',
  }),
  grpcRate: key(integerKind(1, 100_000), {
    default: '50',
    description: 'Calls a second of one credential, on average; 20 times as many at once.',
  }),
  grpcStreams: key(integerKind(1, 1_000_000), { default: '10000', description: 'Most gRPC streams at once.' }),
  kubernetesIssuer: key(httpsKind, {
    absent: 'no service account is accepted',
    description: 'The cluster whose service account tokens get certificates: `iss` in these, exactly.',
  }),
  kubernetesAudiences: key(listKind(audienceKind), {
    default: 'istio-ca,cartulary',
    description: 'Tokens for one of these are accepted.',
  }),
  kubernetesJwksUrl: key(httpsKind, {
    absent: 'as OIDC discovery says',
    description: 'Where the cluster’s public keys are.',
  }),
  kubernetesCaFile: key(textKind, {
    absent: 'the system’s authorities',
    description: 'PEM certificates of the authorities that the issuer’s server is checked against.',
  }),
  kubernetesNodeAccounts: key(listKind(accountKind), {
    absent: 'none',
    description:
      'Service accounts of proxies for a whole node (ztunnel): they may ask for the identities that are placed on the node that their token is bound to.',
  }),
  oidcIssuer: key(httpsKind, {
    absent: 'no other token is accepted',
    description: 'An OpenID provider whose tokens get certificates: `iss` in these, exactly.',
  }),
  oidcAudiences: key(listKind(audienceKind), {
    default: 'cartulary',
    description: 'Its tokens for one of these are accepted.',
  }),
  oidcIdentity: key(identityKind, {
    default: 'ns/oidc/sa/{sub}',
    description: 'Which identity a token of it is for: a path with claims in braces.',
  }),
  oidcCaFile: key(textKind, {
    absent: 'the system’s authorities',
    description: 'PEM certificates of the authorities that the provider’s server is checked against.',
  }),
} as const;

const services = {
  serviceName: key(serviceNameKind, {
    absent: 'the service’s own: `issuance`, `revocation`, …',
    description:
      'What a service that runs apart is called: names its identity, `spiffe://<trust domain>/cartulary/service/<name>`, and its files in `services/`. A responder’s begins with `responder`.',
  }),
  issuanceUrl: key(listKind(urlKind(['https:'])), {
    absent: 'only issuance and standalone start without it',
    description: 'Where services that run apart reach issuance; of several, one that answers is taken.',
  }),
  revocationUrl: key(listKind(urlKind(['https:'])), {
    absent: 'the issuance URL',
    description: 'Where the controller reaches revocation.',
  }),
  inventoryUrl: key(listKind(urlKind(['https:'])), {
    absent: 'the issuance URL',
    description: 'Where the controller reaches inventory.',
  }),
  serverNames: key(listKind(serverNameKind), {
    default: 'localhost,127.0.0.1',
    description:
      'DNS names and addresses in the certificates that services serve with; `{service}` stands for the service’s name. Read by `cartulary init --services` and by issuance.',
  }),
} as const;

const kubernetesNameKind = patternKind(
  'name',
  /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/,
  253,
  'lower-case letters, digits, hyphens and dots, as Kubernetes names objects',
);
const secretNameKind = patternKind(
  'name',
  /^[a-z0-9.-]*\{account\}[a-z0-9.-]*$/,
  200,
  'a name with `{account}` in it, such as `istio.{account}`',
);
const secretKeyKind = patternKind('key', /^[A-Za-z0-9._-]+$/, 253, 'letters, digits, `.`, `_` and `-`');

const kubernetes = {
  kubeconfig: key(textKind, {
    absent: 'the service account of the pod',
    description: 'File that says where the API server is and as whom the controller calls it.',
  }),
  kubernetesNamespaces: key(listKind(kubernetesNameKind), {
    absent: 'every namespace',
    description: 'Namespaces whose service accounts get Secrets. With them, rights in these alone are enough.',
  }),
  kubernetesNamespaceSelector: key(textKind, {
    absent: 'every namespace',
    description: 'Label selector of namespaces; where none are named. Those that no longer match keep what they have.',
  }),
  kubernetesAccountSelector: key(textKind, {
    absent: 'every service account',
    description: 'Label selector of service accounts.',
  }),
  kubernetesSecretForm: key(enumKind(['istio', 'tls']), {
    default: 'istio',
    description: 'Type of the Secrets: `istio.io/key-and-cert` or `kubernetes.io/tls`.',
  }),
  kubernetesSecretName: key(secretNameKind, {
    default: 'istio.{account}',
    description: 'Name of the Secrets; `{account}` stands for the service account’s.',
  }),
  kubernetesSecretKeys: key(listKind(secretKeyKind), {
    derived: '`cert-chain.pem,key.pem,root-cert.pem`, or `tls.crt,tls.key,ca.crt` in the form `tls`',
    description: 'Under which keys chain, private key and roots lie in the Secrets, in this order.',
  }),
  kubernetesParallel: key(integerKind(1, 256), {
    default: '16',
    description: 'Service accounts that are worked at at once; what bounds the load on both sides.',
  }),
  kubernetesGrace: key(durationKind('0', '1y'), {
    default: '1h',
    description:
      'How long a certificate stays good after its Secret got another; then it is revoked (`superseded`). Longer than certificates live: never.',
  }),
  kubernetesRevokeDeleted: key(booleanKind, {
    default: 'false',
    description: 'Whether certificates of deleted service accounts are revoked (`cessationOfOperation`).',
  }),
  kubernetesBundleName: key(kubernetesNameKind, {
    absent: 'no ConfigMap is written',
    description:
      'ConfigMap in every selected namespace with the roots (`root-cert.pem`) and every CRL (`crl.pem`), fetched from the public URL.',
  }),
  kubernetesSigner: key(booleanKind, {
    default: 'false',
    description: 'Whether approved CertificateSigningRequests of the signer `cartulary.dev/workload` are signed.',
  }),
  kubernetesLease: key(kubernetesNameKind, {
    default: 'cartulary-controller',
    description: 'The Lease by which one of several replicas leads.',
  }),
  kubernetesLeaseNamespace: key(kubernetesNameKind, {
    absent: 'the namespace of the kubeconfig or of the pod',
    description: 'Where the Lease lies.',
  }),
  kubernetesLeaseDuration: key(durationKind('1s', '10m'), {
    default: '15s',
    description: 'After this long without a sign of the leader another replica leads.',
  }),
} as const;

const brokerKind = patternKind(
  'host:port',
  /^[A-Za-z0-9._-]+:\d{1,5}$/,
  260,
  'a host and a port, such as `kafka-0:9092`',
);

const kafka = {
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

const caKeyAlgorithms = [
  'ecdsa-p256',
  'ecdsa-p384',
  'rsa-2048',
  'rsa-3072',
  'rsa-4096',
  'ed25519',
  'ml-dsa-44',
  'ml-dsa-65',
] as const;
const leafKeyKinds = ['ecdsa-p256', 'ecdsa-p384', 'ed25519', 'rsa', 'ml-dsa-44', 'ml-dsa-65'] as const;

const authority = {
  trustDomain: key(trustDomainKind, {
    default: 'cluster.local',
    description: 'The SPIFFE trust domain of this cluster.',
  }),
  caKeyAlgorithm: key(enumKind(caKeyAlgorithms), {
    default: 'ecdsa-p256',
    description:
      'Keys of the CA certificates made from now on. Few relying parties understand ML-DSA: docs/post-quantum.md.',
  }),
  keyAlgorithms: key(listKind(enumKind(leafKeyKinds)), {
    default: 'ecdsa-p256,ecdsa-p384,ed25519,rsa',
    description: 'Keys that certificates are issued for.',
  }),
  issuerChainFile: key(textKind, {
    absent: 'CAs of its own',
    description:
      'PEM chain, issuer first, root last, of an issuer made elsewhere; read when the trust domain is created.',
  }),
  issuerKeyFile: key(textKind, { absent: 'CAs of its own', description: 'PEM private key of that issuer.' }),
  ceremonyDirectory: key(textKind, {
    absent: 'CAs of its own',
    description:
      'What `cartulary ceremony run` has made: issuers are read when the trust domain is created, the root’s CRLs as long as the service runs (docs/ceremony.md).',
  }),
  ceremonyTransportPassphrase: key(secretKind, {
    absent: 'the keys are here already',
    description: 'Of the keys that the ceremony made; needed when the trust domain is created.',
  }),
  ceremonySealPassphrase: key(secretKind, {
    absent: 'no issuer below that root can be cut off',
    description: 'Of the CRLs that cut off issuers of the ceremony.',
  }),
  clockSkew: key(durationKind('0', '1d'), {
    default: '5m',
    description: 'How far notBefore and thisUpdate are set back, for relying parties whose clocks are slow.',
  }),
} as const;

const lifetimes = {
  workloadTtl: key(lifetimeKind, { default: '24h', description: 'Workload certificates that ask for no lifetime.' }),
  workloadMaxTtl: key(lifetimeKind, { default: '7d', description: 'The longest a workload certificate may ask for.' }),
  serverTtl: key(lifetimeKind, { default: '90d', description: 'Server certificates.' }),
  operatorTtl: key(lifetimeKind, { default: '90d', description: 'Operators’ client certificates.' }),
  serviceTtl: key(durationKind('1m', '90d'), {
    default: '30d',
    description: 'The certificates with which our services call one another.',
  }),
  ocspSigningTtl: key(lifetimeKind, { default: '7d', description: 'The responder’s delegated OCSP certificates.' }),
  issuerTtl: key(lifetimeKind, { default: '365d', description: 'Issuers.' }),
  intermediateTtl: key(lifetimeKind, { default: '3y', description: 'The intermediate CA.' }),
  rootTtl: key(lifetimeKind, { default: '10y', description: 'The root CA.' }),
} as const;

const shareKind = integerKind(1, 100);

const rotation = {
  renewalFrom: key(shareKind, {
    default: '50',
    description: 'Renewal windows begin at this per cent of a certificate’s life at the earliest.',
  }),
  renewalTo: key(shareKind, {
    default: '75',
    description: 'Renewal windows begin at this per cent at the latest; certificates of one moment are spread between.',
  }),
  renewalLength: key(shareKind, { default: '10', description: 'Renewal windows are this per cent of the life long.' }),
  rotationInterval: key(shortKind, {
    default: '10s',
    description: 'How often the rotation service orders what has become due, and tells how far its rotations are.',
  }),
} as const;

const epochs = {
  epochLength: key(durationKind('1s', '10y'), {
    derived: '30 days, or a quarter of the issuers’ lifetime where that is shorter',
    description:
      'How long a workload, server or system issuer issues, before the one that was made ahead takes its place.',
  }),
  epochCertificates: key(integerKind(1, 100_000_000), {
    default: '1000000',
    description:
      'After about so many certificates the next issuer takes its place earlier: an issuer’s CRL grows with them.',
  }),
  epochLead: key(durationKind('0', '30d'), {
    default: '1h',
    description:
      'From an issuer’s first CRL to its first certificate: the time that relying parties have to fetch that CRL. Not waited for when an issuer was cut off.',
  }),
  rootLead: key(durationKind('0', '1y'), {
    default: '7d',
    description:
      'From a new root’s first CRL, when it stands in the trust bundle, to its first use: the time that all have to fetch the bundle.',
  }),
} as const;

const publication = {
  crlValidity: key(publicationKind, { default: '24h', description: 'From a CRL’s thisUpdate to its nextUpdate.' }),
  crlRefresh: key(publicationKind, {
    derived: 'half of the CRL validity',
    description: 'A CRL that nothing has changed is published again after this long; before its nextUpdate.',
  }),
  crlMinInterval: key(shortKind, {
    default: '200ms',
    description: 'Least time between two CRLs of an issuer. The first change of a burst is published at once.',
  }),
  crlDeltas: key(enumKind(['off', 'crls', 'certificates']), {
    default: 'off',
    description:
      'Delta CRLs beside the complete ones, named in complete CRLs (`crls`) or in certificates too. Envoy, nginx, HAProxy and Go use none; every delta costs a second signature.',
  }),
  crlDeltaValidity: key(publicationKind, {
    derived: '1 hour, or half of the CRL validity where that is shorter',
    description:
      'From a delta CRL’s thisUpdate to its nextUpdate. With deltas, CRLs are published at least every half of it.',
  }),
  ocspValidity: key(publicationKind, {
    default: '15m',
    description: 'From an OCSP answer’s thisUpdate to its nextUpdate.',
  }),
  ocspMaxAge: key(durationKind('0', '1d'), {
    default: '10s',
    description: 'How long HTTP caches may keep an OCSP answer, and so how late they may learn of a revocation.',
  }),
  heartbeat: key(shortKind, {
    default: '1s',
    description: 'How often responders hear that they are up to date; bounds the wait for an unknown certificate.',
  }),
  snapshotInterval: key(publicationKind, {
    derived: '1 minute, or a third of the OCSP validity where that is shorter',
    description:
      'How often a responder that runs apart writes what it knows to its data directory. After a crash with everything else down it answers as of the last time.',
  }),
} as const;

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
