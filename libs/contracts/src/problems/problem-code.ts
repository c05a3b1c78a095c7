import type * as domain from '@cartulary/domain';
import type * as ledger from '@cartulary/ledger';
import type { X509ErrorCode } from '@cartulary/x509';

/** The codes of every error class that a package exports; a base class, whose code is any string, gives none. */
type CodesOf<Exports> = {
  [Name in keyof Exports]: Exports[Name] extends abstract new (...args: never[]) => {
    readonly code: infer Code extends string;
  }
    ? string extends Code
      ? never
      : Code
    : never;
}[keyof Exports];

export type DomainProblemCode = CodesOf<typeof domain>;
export type LedgerProblemCode = CodesOf<typeof ledger>;

/** What the service's edge refuses before a command exists. */
export type EdgeProblemCode =
  | 'INVALID_REQUEST'
  | 'INVALID_JSON'
  | 'NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'PAYLOAD_TOO_LARGE'
  | 'REQUEST_TIMEOUT'
  | 'UNAUTHENTICATED'
  | 'CREDENTIAL_EXPIRED'
  | 'CREDENTIAL_HELD'
  | 'CREDENTIAL_REVOKED'
  | 'CREDENTIAL_SUSPENDED'
  | 'FORBIDDEN'
  | 'OVERLOADED'
  | 'SHUTTING_DOWN'
  | 'INTERNAL';

/** What the issuance policy refuses. */
export type PolicyProblemCode =
  | 'CSR_WRONG_IDENTITY'
  | 'IDENTITY_REQUIRED'
  | 'IDENTITY_NOT_ALLOWED'
  | 'NAMES_REQUIRED'
  | 'NAME_NOT_ALLOWED'
  | 'PROFILE_NOT_ALLOWED'
  | 'TTL_TOO_LONG';

export type ProblemCode = DomainProblemCode | LedgerProblemCode | X509ErrorCode | EdgeProblemCode | PolicyProblemCode;
