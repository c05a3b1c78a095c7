import { key } from '../define-config.js';
import { booleanKind, bytesKind, integerKind, listKind, patternKind, portKind, textKind, urlKind } from '../kinds.js';
import { serviceNameKind } from './shared-kinds.js';

// Where a process is asked, and where it asks others.

const serverNameKind = patternKind('name', /^[A-Za-z0-9.:{}-]+$/, 253, 'a DNS name or an IP address');
const httpKind = urlKind(['http:', 'https:']);
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

export const listeners = {
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

export const grpc = {
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
  kubernetesReviewUrl: key(httpsKind, {
    absent: 'tokens are verified with the cluster’s keys, and the API server is not asked',
    description:
      'Where the API server is asked about each token (TokenReview), which then is refused soon after its pod or account is gone; checked by the same authorities.',
  }),
  kubernetesReviewTokenFile: key(textKind, {
    default: '/var/run/secrets/kubernetes.io/serviceaccount/token',
    description: 'The token that we are known by there; it may create TokenReviews.',
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

export const services = {
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
