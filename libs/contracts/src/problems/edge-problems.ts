import type { EdgeProblemCode } from './problem-code.js';
import {
  absent,
  conflicting,
  forbidden,
  internal,
  malformed,
  type ProblemRow,
  single,
  unauthenticated,
  unavailable,
} from './problem-row.js';

export const edgeProblems = {
  INVALID_REQUEST: malformed(
    'The request does not match its schema',
    'Correct what `errors` names; `/openapi.json` has the schemas.',
  ),
  BAD_REQUEST: malformed('The request is malformed', 'Send well-formed HTTP.'),
  INVALID_JSON: malformed('The body is not acceptable JSON', 'Send well-formed JSON in UTF-8, each name once.'),
  INVALID_URL: malformed('The URL is malformed', 'Percent-encode what the path and the query hold.'),
  UNAUTHENTICATED: unauthenticated(
    'The caller is not authenticated',
    'Present a client certificate of the system issuer or a bearer token.',
  ),
  CREDENTIAL_EXPIRED: unauthenticated('The credential has expired', 'Get a new token or certificate.'),
  CREDENTIAL_HELD: unauthenticated(
    'The caller’s certificate is on hold',
    'Have it released, or use another credential.',
  ),
  CREDENTIAL_REVOKED: unauthenticated('The credential is revoked', 'Get a new token or certificate.'),
  CREDENTIAL_SUSPENDED: unauthenticated('The caller’s identity is suspended', 'Have the identity reinstated.'),
  FORBIDDEN: forbidden(
    'The caller may not do this',
    'Ask for a role or namespace that includes it; `GET /v1/whoami` shows yours.',
  ),
  NOT_FOUND: absent('There is no such resource', 'Check the path; `/openapi.json` lists the routes.'),
  AS_OF_BEYOND_HEAD: malformed(
    'The ledger has not come that far',
    'Ask for a position up to the ledger’s newest, or for a time that has passed.',
  ),
  PROJECTION_NOT_FOUND: absent('There is no such projection', '`GET /v1/projections` lists them.'),
  PROJECTION_BEING_REBUILT: conflicting(
    'The projection is being rebuilt already',
    'Wait for that; `GET /v1/projections` tells how far it is.',
  ),
  DEAD_LETTER_NOT_FOUND: absent(
    'There is no such dead letter',
    '`GET /v1/dead-letters` lists them; one that was replayed is gone.',
  ),
  DEAD_LETTER_ELSEWHERE: conflicting(
    'Another service consumes these events',
    'Send the replay to the service that `service` of the dead letter names.',
  ),
  DEAD_LETTER_STILL_FAILS: conflicting(
    'The event still can’t be handled',
    'Remove the cause that the reason names, then replay it again.',
  ),
  METHOD_NOT_ALLOWED: single(
    405,
    'UNIMPLEMENTED',
    'The resource does not have this method',
    'Use a method that the Allow header names.',
  ),
  NOT_ACCEPTABLE: single(406, 'INVALID_ARGUMENT', 'No acceptable representation', 'Accept `application/json`.'),
  REQUEST_TIMEOUT: single(
    408,
    'DEADLINE_EXCEEDED',
    'The request took too long to arrive',
    'Send the whole request within the time limit.',
  ),
  PAYLOAD_TOO_LARGE: single(
    413,
    'INVALID_ARGUMENT',
    'The body is too large',
    'Send less at once, for example smaller batches.',
  ),
  URI_TOO_LONG: single(414, 'INVALID_ARGUMENT', 'The URL is too long', 'Shorten the path or the query.'),
  UNSUPPORTED_MEDIA_TYPE: single(
    415,
    'INVALID_ARGUMENT',
    'The body is of an unsupported type',
    'Send `Content-Type: application/json`.',
  ),
  UNPROCESSABLE: single(422, 'INVALID_ARGUMENT', 'The request cannot be processed', 'Correct what `detail` says.'),
  TOO_MANY_REQUESTS: {
    ...single(429, 'RESOURCE_EXHAUSTED', 'Too many requests', 'Slow down and try again.'),
    retryAfter: 1,
  },
  HEADERS_TOO_LARGE: single(
    431,
    'INVALID_ARGUMENT',
    'The header fields are too large',
    'Send fewer or shorter header fields.',
  ),
  INTERNAL: internal('Something went wrong on our side', 'Report it with the correlation id: this is a defect.'),
  UNAVAILABLE: unavailable('The service is not available for now', 'Try again: another replica may answer.'),
} as const satisfies Record<EdgeProblemCode, ProblemRow>;
