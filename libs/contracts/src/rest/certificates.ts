import Type, { type Static } from 'typebox';
import { Problem } from '../problems/problem-document.js';
import type { ProblemCode } from '../problems/problem-code.js';
import { LedgerEvent } from './ledger.js';
import { RotationId } from './rotations.js';
import { defineRoute } from './route.js';
import {
  AsOf,
  closed,
  CrlReason,
  Csr,
  Cursor,
  IssuerId,
  KeyHash,
  KeyHashInput,
  Limit,
  Namespace,
  NodeName,
  Pem,
  Position,
  Serial,
  SerialInput,
  SpiffeId,
  Timestamp,
  Ttl,
} from './values.js';

export const CertificateStatus = Type.Enum(['active', 'held', 'revoked', 'expired'], {
  description: 'A held or revoked certificate stays so after its expiry',
});
export const RequestableProfile = Type.Enum(['workload', 'server', 'operator', 'service']);
export const LeafProfile = Type.Enum(['workload', 'server', 'operator', 'service', 'ocsp-signing', 'canary']);

export const RenewalWindow = closed(
  {
    start: Timestamp,
    end: Timestamp,
    rotationId: Type.Optional(RotationId),
  },
  {
    title: 'RenewalWindow',
    description:
      'When to renew, at any moment between. Chosen at issuance; moved earlier by the rotation that `rotationId` names',
  },
);

export const Certificate = closed(
  {
    serial: Serial,
    issuerId: IssuerId,
    profile: LeafProfile,
    status: CertificateStatus,
    identity: Type.Optional(SpiffeId),
    dnsNames: Type.Optional(Type.Array(Type.String({ maxLength: 253 }), { maxItems: 100 })),
    ipAddresses: Type.Optional(Type.Array(Type.String({ maxLength: 45 }), { maxItems: 100 })),
    subject: Type.Optional(Type.String({ description: 'RFC 4514', maxLength: 4096 })),
    keyHash: KeyHash,
    keyAlgorithm: Type.String({ maxLength: 32, examples: ['ecdsa-p256'] }),
    notBefore: Timestamp,
    notAfter: Timestamp,
    certificate: Type.Optional(Pem('The certificate; left out of lists unless asked for')),
    chain: Type.Optional(Pem('Issuer up to below the root, concatenated; left out of lists unless asked for')),
    predecessor: Type.Optional(Serial),
    successor: Type.Optional(Serial),
    renewalWindow: RenewalWindow,
    heldAt: Type.Optional(Timestamp),
    revocation: Type.Optional(
      closed({
        reason: CrlReason,
        revokedAt: Timestamp,
        invalidityDate: Type.Optional(Timestamp),
        issuer: Type.Optional(Type.Literal(true, { description: 'Its issuer was cut off, and it with it' })),
      }),
    ),
    requester: Type.String({ description: 'Who asked for it', maxLength: 2048 }),
    node: Type.Optional(NodeName),
    position: Position,
  },
  { title: 'Certificate' },
);
export type Certificate = Static<typeof Certificate>;

/** A single certificate always has its PEMs. */
export const FullCertificate = closed(
  {
    ...Certificate.properties,
    certificate: Pem('The certificate'),
    chain: Pem('Issuer up to below the root, concatenated'),
  },
  { title: 'FullCertificate' },
);
export type FullCertificate = Static<typeof FullCertificate>;

const IssueRequest = closed(
  {
    csr: Csr,
    identity: Type.Optional(SpiffeId),
    profile: Type.Optional(
      Type.Enum(['workload', 'server', 'operator', 'service', 'ocsp-signing'], {
        default: 'workload',
        description: 'Kind of certificate; `ocsp-signing` is for our own responders alone',
      }),
    ),
    ttl: Type.Optional(Ttl),
    issuerId: Type.Optional(
      Type.String({ ...IssuerId, description: 'For `ocsp-signing`, and for nothing else: the issuer to answer for' }),
    ),
    node: Type.Optional(NodeName),
  },
  { title: 'IssueRequest' },
);
export type IssueRequest = Static<typeof IssueRequest>;

const csrProblems = [
  'CSR_MALFORMED',
  'CSR_TOO_LARGE',
  'CSR_BAD_SIGNATURE',
  'CSR_WEAK_SIGNATURE',
  'CSR_UNSUPPORTED_SIGNATURE',
  'CSR_WEAK_KEY',
  'CSR_UNSUPPORTED_KEY',
  'CSR_DUPLICATE_EXTENSION',
  'CSR_UNKNOWN_EXTENSION',
  'CSR_FORBIDDEN_EXTENSION',
  'CSR_INVALID_NAME',
  'CSR_WRONG_IDENTITY',
] as const satisfies readonly ProblemCode[];
const issueProblems = [
  ...csrProblems,
  'INVALID_VALUE',
  'IDENTITY_REQUIRED',
  'IDENTITY_NOT_ALLOWED',
  'IDENTITY_SUSPENDED',
  'NAMES_REQUIRED',
  'NAME_NOT_ALLOWED',
  'PROFILE_NOT_ALLOWED',
  'TTL_TOO_LONG',
  'KEY_BLOCKED',
  'ISSUER_NOT_FOUND',
  'ISSUER_NOT_ACTIVE',
  'NO_ACTIVE_ISSUER',
  'ISSUANCE_OVERLOADED',
] as const satisfies readonly ProblemCode[];

const tag = 'certificates';
const bySerial = closed({ serial: SerialInput });

export const issueCertificate = defineRoute({
  operationId: 'issueCertificate',
  method: 'POST',
  path: '/v1/certificates',
  permission: 'certificates:issue',
  tag,
  summary: 'Issue a certificate for a CSR',
  description:
    'The certificate is in the ledger before it is answered. An identity that was never registered is registered by its first certificate.',
  body: IssueRequest,
  responses: { 201: FullCertificate },
  problems: issueProblems,
  idempotent: true,
});

export const issueCertificates = defineRoute({
  operationId: 'issueCertificates',
  method: 'POST',
  path: '/v1/certificates:batch',
  permission: 'certificates:issue',
  tag,
  summary: 'Issue up to 1000 certificates',
  description: 'Each request has its own outcome, in the order of the requests: one that is refused fails no other.',
  body: closed({ requests: Type.Array(IssueRequest, { minItems: 1, maxItems: 1000 }) }),
  responses: {
    200: closed({
      results: Type.Array(
        closed({
          status: Type.Integer({
            description: 'As the single request would have answered',
            minimum: 200,
            maximum: 599,
          }),
          certificate: Type.Optional(FullCertificate),
          problem: Type.Optional(Problem),
        }),
      ),
    }),
  },
  problems: ['ISSUANCE_OVERLOADED'],
  idempotent: true,
});

export const listCertificates = defineRoute({
  operationId: 'listCertificates',
  method: 'GET',
  path: '/v1/certificates',
  permission: 'certificates:read',
  tag,
  summary: 'List certificates',
  description:
    'Newest first. `position` is how far of the ledger the list knows. Responders’ own certificates are listed when `profile` asks for them.',
  query: closed({
    identity: Type.Optional(SpiffeId),
    namespace: Type.Optional(Namespace),
    profile: Type.Optional(LeafProfile),
    status: Type.Optional(CertificateStatus),
    issuerId: Type.Optional(IssuerId),
    keyHash: Type.Optional(KeyHashInput),
    node: Type.Optional(NodeName),
    expiresBefore: Type.Optional(Timestamp),
    expiresAfter: Type.Optional(Timestamp),
    include: Type.Optional(Type.Enum(['pem'], { description: 'With certificate and chain' })),
    asOf: AsOf,
    limit: Limit,
    cursor: Cursor,
  }),
  responses: {
    200: closed({
      certificates: Type.Array(Certificate),
      nextCursor: Type.Optional(Type.String({ maxLength: 1024 })),
      position: Position,
    }),
  },
  problems: ['INVALID_VALUE', 'AS_OF_BEYOND_HEAD'],
});

export const getCertificate = defineRoute({
  operationId: 'getCertificate',
  method: 'GET',
  path: '/v1/certificates/{serial}',
  permission: 'certificates:read',
  tag,
  summary: 'Show a certificate',
  description: 'With its PEM and chain.',
  params: bySerial,
  query: closed({ asOf: AsOf }),
  responses: { 200: FullCertificate },
  problems: ['CERTIFICATE_NOT_FOUND', 'INVALID_VALUE', 'AS_OF_BEYOND_HEAD'],
});

export const renewCertificate = defineRoute({
  operationId: 'renewCertificate',
  method: 'POST',
  path: '/v1/certificates/{serial}/renewal',
  permission: 'certificates:renew',
  tag,
  summary: 'Renew a certificate',
  description: 'The same identity and profile with a new key, linked to its predecessor.',
  params: bySerial,
  body: closed({ csr: Csr, ttl: Type.Optional(Ttl) }, { title: 'RenewalRequest' }),
  responses: { 201: FullCertificate },
  problems: [
    ...csrProblems,
    'INVALID_VALUE',
    'CERTIFICATE_NOT_FOUND',
    'CERTIFICATE_REVOKED',
    'CERTIFICATE_HELD',
    'CERTIFICATE_EXPIRED',
    'RENEWAL_SAME_KEY',
    'RENEWAL_WRONG_IDENTITY',
    'IDENTITY_SUSPENDED',
    'KEY_BLOCKED',
    'TTL_TOO_LONG',
    'ISSUANCE_OVERLOADED',
    'ISSUER_NOT_ACTIVE',
    'NO_ACTIVE_ISSUER',
  ],
  idempotent: true,
});

export const getCertificateHistory = defineRoute({
  operationId: 'getCertificateHistory',
  method: 'GET',
  path: '/v1/certificates/{serial}/history',
  permission: 'certificates:read',
  tag,
  summary: 'Show what happened to a certificate',
  description: 'The events of its stream, oldest first, as they lie in the ledger.',
  params: bySerial,
  responses: { 200: closed({ events: Type.Array(LedgerEvent) }) },
  problems: ['CERTIFICATE_NOT_FOUND', 'INVALID_VALUE'],
});
