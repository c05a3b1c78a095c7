import Type, { type Static } from 'typebox';
import { FullCertificate } from './certificates.js';
import { defineRoute } from './route.js';
import {
  closed,
  Comment,
  CrlReason,
  KeyHash,
  KeyHashInput,
  Position,
  Serial,
  SerialInput,
  Timestamp,
} from './values.js';

export const RevocationRequest = closed(
  {
    serial: Type.Optional(SerialInput),
    keyHash: Type.Optional(KeyHashInput),
    reason: Type.Optional(
      Type.Enum(CrlReason.enum, {
        default: 'unspecified',
        description: 'RFC 5280, section 5.3.1; certificateHold suspends (by serial only) and can be released',
      }),
    ),
    invalidityDate: Type.Optional(Timestamp),
    comment: Type.Optional(Comment),
  },
  {
    title: 'RevocationRequest',
    description: 'Exactly one of serial and keyHash',
    oneOf: [{ required: ['serial'] }, { required: ['keyHash'] }],
  },
);
export type RevocationRequest = Static<typeof RevocationRequest>;

export const Revocation = closed(
  {
    serial: Type.Optional(Serial),
    keyHash: Type.Optional(KeyHash),
    reason: CrlReason,
    revokedAt: Timestamp,
    invalidityDate: Type.Optional(Timestamp),
    certificates: Type.Array(Serial, { description: 'What this revoked or put on hold' }),
    position: Position,
  },
  { title: 'Revocation' },
);
export type Revocation = Static<typeof Revocation>;

export const createRevocation = defineRoute({
  operationId: 'createRevocation',
  method: 'POST',
  path: '/v1/revocations',
  permission: 'revocations:write',
  tag: 'revocations',
  summary: 'Revoke a certificate or a key',
  description:
    'By serial: that certificate. By key hash: every certificate of the key, and the key is never certified again. A repeated revocation changes nothing, but a compromise replaces a harmless reason.',
  body: RevocationRequest,
  responses: { 201: Revocation },
  problems: ['INVALID_VALUE', 'CERTIFICATE_NOT_FOUND', 'CERTIFICATE_REVOKED', 'INVALIDITY_DATE_IN_FUTURE'],
  idempotent: true,
});

export const releaseCertificate = defineRoute({
  operationId: 'releaseCertificate',
  method: 'POST',
  path: '/v1/revocations/{serial}/release',
  permission: 'revocations:write',
  tag: 'revocations',
  summary: 'Release a certificate from hold',
  description: 'It is good again with the next CRL and OCSP answer.',
  params: closed({ serial: SerialInput }),
  body: Type.Optional(closed({ comment: Type.Optional(Comment) })),
  responses: { 200: FullCertificate },
  problems: ['INVALID_VALUE', 'CERTIFICATE_NOT_FOUND', 'CERTIFICATE_REVOKED', 'CERTIFICATE_NOT_HELD'],
  idempotent: true,
});
