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

/** What the service's edge refuses before a command exists; libs/runtime's own codes are among these. */
export type EdgeProblemCode =
  | 'INVALID_REQUEST'
  | 'BAD_REQUEST'
  | 'INVALID_JSON'
  | 'INVALID_URL'
  | 'UNAUTHENTICATED'
  | 'CREDENTIAL_EXPIRED'
  | 'CREDENTIAL_HELD'
  | 'CREDENTIAL_REVOKED'
  | 'CREDENTIAL_SUSPENDED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'AS_OF_BEYOND_HEAD'
  | 'PROJECTION_NOT_FOUND'
  | 'PROJECTION_BEING_REBUILT'
  | 'DEAD_LETTER_NOT_FOUND'
  | 'DEAD_LETTER_ELSEWHERE'
  | 'DEAD_LETTER_STILL_FAILS'
  | 'METHOD_NOT_ALLOWED'
  | 'NOT_ACCEPTABLE'
  | 'REQUEST_TIMEOUT'
  | 'PAYLOAD_TOO_LARGE'
  | 'URI_TOO_LONG'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'UNPROCESSABLE'
  | 'TOO_MANY_REQUESTS'
  | 'HEADERS_TOO_LARGE'
  | 'INTERNAL'
  | 'UNAVAILABLE';

/** What the issuance policy refuses. */
export type PolicyProblemCode =
  | 'CSR_WRONG_IDENTITY'
  | 'IDENTITY_REQUIRED'
  | 'IDENTITY_NOT_ALLOWED'
  | 'NAMES_REQUIRED'
  | 'NAME_NOT_ALLOWED'
  | 'PROFILE_NOT_ALLOWED'
  | 'TTL_TOO_LONG'
  | 'ISSUANCE_OVERLOADED';

export type ProblemCode = DomainProblemCode | LedgerProblemCode | X509ErrorCode | EdgeProblemCode | PolicyProblemCode;
