import type { DomainProblemCode, LedgerProblemCode, PolicyProblemCode } from './problem-code.js';
import {
  absent,
  conflicting,
  existing,
  forbidden,
  internal,
  malformed,
  overloaded,
  type ProblemRow,
  single,
  unacceptable,
  unauthenticated,
  unavailable,
} from './problem-row.js';

export const domainProblems = {
  INVALID_VALUE: malformed('A value is not well formed', 'Correct the field that `errors` names.'),
  CERTIFICATE_NOT_FOUND: absent(
    'No such certificate',
    'Check the serial: `GET /v1/certificates` lists what was issued.',
  ),
  CERTIFICATE_EXISTS: existing('The serial was issued already', 'Ask again: a new serial is drawn.'),
  CERTIFICATE_REVOKED: conflicting(
    'The certificate is revoked',
    'A revocation is final: issue a new certificate with a new key.',
  ),
  CERTIFICATE_HELD: conflicting('The certificate is on hold', 'Release it first, or revoke it for good.'),
  CERTIFICATE_NOT_HELD: conflicting('The certificate is not on hold', 'Only a certificate on hold can be released.'),
  CERTIFICATE_EXPIRED: conflicting(
    'The certificate has expired',
    'Issue a new certificate instead of renewing this one.',
  ),
  RENEWAL_SAME_KEY: unacceptable('A renewal needs a new key', 'Make a new key and a request with it.'),
  RENEWAL_WRONG_IDENTITY: unacceptable(
    'A renewal keeps identity, profile and names',
    'Ask for a new certificate instead of a renewal.',
  ),
  INVALIDITY_DATE_IN_FUTURE: unacceptable(
    'The invalidity date lies in the future',
    'Give the time since when the key is suspect, or leave it out.',
  ),
  KEY_BLOCKED: conflicting('The key is blocked', 'Make a new key: a blocked key is never certified again.'),
  IDENTITY_ALREADY_REGISTERED: existing(
    'The identity is registered already',
    'Nothing is left to do: use it as it is.',
  ),
  IDENTITY_NOT_REGISTERED: absent('The identity is not registered', 'Register it with `POST /v1/identities`.'),
  IDENTITY_SUSPENDED: conflicting('The identity is suspended', 'Reinstate it before anything is issued for it.'),
  IDENTITY_NOT_PLACEABLE: unacceptable(
    'The identity is not a workload’s',
    'Place workload identities only: agents never ask for others.',
  ),
  PUBLICATION_NOT_FOUND: absent('No CRL has this number', 'Check the number: `GET /v1/publications` lists them.'),
  CERTIFICATE_NOT_REVOKED: conflicting(
    'The certificate is not revoked',
    'Ask for a certificate that is revoked or held, or for a CRL by its number.',
  ),
  SERVICE_NOT_FOUND: absent('No such service', 'Check namespace and name: `GET /v1/services` lists them.'),
  NODE_NOT_ENTITLED: forbidden(
    'The identity is not placed on this node',
    'Place it there: `POST /v1/identities/{id}/placements`.',
  ),
  IDENTITY_NOT_SUSPENDED: conflicting('The identity is not suspended', 'Only a suspended identity can be reinstated.'),
  ISSUER_NOT_FOUND: absent('No such issuer', 'Check the issuer id: `GET /v1/issuers` lists them.'),
  ISSUER_EXISTS: existing('The issuer exists already', 'Use it as it is.'),
  ISSUER_NOT_ACTIVE: conflicting(
    'The issuer does not issue',
    'Ask for a shorter lifetime, or activate a newer issuer.',
  ),
  ISSUER_NOT_READY: conflicting(
    'The next issuer may not issue yet',
    'Wait until `detail` says: its first CRL has to be out, and its lead time over.',
  ),
  ISSUER_NOT_REVOCABLE: unacceptable(
    'The CA is not cut off by a CRL of ours',
    'An anchor leaves the trust bundle instead; an intermediate is revoked by its root’s ceremony.',
  ),
  EPOCH_NOT_OVER: conflicting(
    'The epoch is not over',
    'Wait: an issuer retires by itself when its last certificate has expired and its final CRL is out; a root on order, once everything below it has.',
  ),
  ISSUER_WRONG_PURPOSE: conflicting(
    'The issuer is for other certificates',
    'Use the issuer that belongs to the profile.',
  ),
  NO_ACTIVE_ISSUER: {
    ...unavailable('No issuer is active for this profile', 'Activate an issuer, then try again.'),
    retryAfter: 5,
  },
  TRUST_DOMAIN_EXISTS: existing(
    'The trust domain exists already',
    'It is created once: start the service on its data.',
  ),
  TOKEN_EXISTS: existing('The token exists already', 'Ask again: a new token id is drawn.'),
  TOKEN_NOT_FOUND: absent('No such token', 'Check the token id: `GET /v1/tokens` lists them.'),
  JOIN_TOKEN_SPENT: unauthenticated(
    'The join token has been used',
    'Make a new one for the node: `POST /v1/join-tokens`.',
  ),
  JOIN_TOKEN_ENDED: unauthenticated(
    'The join token has expired or is revoked',
    'Make a new one for the node: `POST /v1/join-tokens`.',
  ),
  ROTATION_EXISTS: existing('The rotation was ordered already', 'Ask again: a new rotation id is drawn.'),
  ROTATION_NOT_FOUND: absent('No such rotation', 'Check the rotation id: `GET /v1/rotations` lists them.'),
  INCIDENT_EXISTS: existing('The incident was declared already', 'Ask again: a new incident id is drawn.'),
  INCIDENT_NOT_FOUND: absent('No such incident', 'Check the incident id: `GET /v1/incidents` lists them.'),
  INCIDENT_NOT_CONTAINED: conflicting(
    'The incident is not contained yet',
    'Wait until its status is `contained`: `GET /v1/incidents/{incidentId}` says how far it is.',
  ),
  INCIDENT_GATE_CLOSED: conflicting(
    'An incident lets nothing be issued for this',
    'Ask with a credential that it does not hit, with a new key; where the selector itself stays barred, once it is closed.',
  ),
  INCIDENT_HITS_CALLER: conflicting(
    'The incident would hit the credential that declares it',
    'Declare it with another administrator’s credential, or with a token that was made by one.',
  ),
  REISSUE_FIRST_REFUSED: unacceptable(
    'This cannot be re-issued first',
    'Leave `reissueFirst` out: what has a stolen key or ran on a lost node is revoked, then attested afresh.',
  ),
  CRL_SUPERSEDED: conflicting('A newer CRL was prepared', 'Nothing is left to do: the newer CRL holds more.'),
} as const satisfies Record<DomainProblemCode, ProblemRow>;

export const ledgerProblems = {
  LEDGER_CONFLICT: {
    ...single(409, 'ABORTED', 'The stream moved on in the meantime', 'Try again: the decision is made anew.'),
    retryAfter: 1,
  },
  IDEMPOTENCY_MISMATCH: unacceptable(
    'The idempotency key was used for another request',
    'Use a new Idempotency-Key for a new request.',
  ),
  EVENT_TOO_LARGE: single(
    413,
    'INVALID_ARGUMENT',
    'The event would be too large',
    'Shorten the names, the comment or the chain.',
  ),
  INVALID_APPEND: internal(
    'The append breaks a rule of the ledger',
    'Report it with the correlation id: this is a defect.',
  ),
  LEDGER_UNAVAILABLE: unavailable('The ledger is unavailable', 'Try again with the same Idempotency-Key.'),
  LEDGER_OVERLOADED: unavailable(
    'Too many appends are waiting',
    'Slow down and try again with the same Idempotency-Key.',
  ),
  MIGRATION_FAILED: unavailable(
    'The database has another schema',
    'Start the release that belongs to the schema, or migrate.',
  ),
  INVALID_DATABASE_URL: unavailable(
    'The service’s way to its database is misconfigured',
    'Correct the URL of the database and the files of its certificates.',
  ),
} as const satisfies Record<LedgerProblemCode, ProblemRow>;

export const policyProblems = {
  CSR_WRONG_IDENTITY: unacceptable(
    'The request names another identity',
    'Make the CSR for the identity you ask for, or leave its SANs out.',
  ),
  IDENTITY_REQUIRED: unacceptable(
    'The profile needs an identity',
    'Give `identity`, or a CSR with one SPIFFE ID as URI SAN.',
  ),
  IDENTITY_NOT_ALLOWED: unacceptable(
    'The profile does not go with this identity',
    'Use the profile of its kind; register a system identity, with its grant, first (`POST /v1/identities`).',
  ),
  NAMES_REQUIRED: unacceptable(
    'The profile needs a DNS name or an IP address',
    'Put the names into the SANs of the CSR.',
  ),
  NAME_NOT_ALLOWED: unacceptable(
    'A name is not allowed in this profile',
    'Leave the name that `detail` quotes out of the CSR.',
  ),
  PROFILE_NOT_ALLOWED: forbidden(
    'The profile is not yours to use',
    'Ask for another profile, or for a role that includes it.',
  ),
  TTL_TOO_LONG: unacceptable('The lifetime is longer than the profile allows', 'Ask for at most what `detail` states.'),
  ISSUANCE_OVERLOADED: overloaded(
    'More certificates are asked for than can be issued',
    'Try again after that time, with the same Idempotency-Key, or ask another replica.',
  ),
} as const satisfies Record<PolicyProblemCode, ProblemRow>;
