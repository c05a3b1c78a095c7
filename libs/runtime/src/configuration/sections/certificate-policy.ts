import { key } from '../define-config.js';
import { durationKind, enumKind, integerKind, listKind, patternKind, secretKind, textKind } from '../kinds.js';

// What is issued, for how long, and when it is published.

// DESIGN §10, lesson 15: an underscore breaks Java, and `spiffe://` parsers disagree about anything else.
const trustDomainKind = patternKind(
  'trust domain',
  /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/,
  253,
  'a lower-case DNS name: letters, digits, hyphens and dots, such as `cluster.local`',
);
const lifetimeKind = durationKind('1m', '50y');
const shortKind = durationKind('10ms', '1h');
const publicationKind = durationKind('1s', '30d');
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
const shareKind = integerKind(1, 100);

export const authority = {
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

export const lifetimes = {
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

export const rotation = {
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

export const epochs = {
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

export const publication = {
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
