import type { EdgeProblemCode } from './problem-code.js';
import {
  absent,
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
  INVALID_JSON: malformed('The body is not JSON', 'Send well-formed JSON in UTF-8.'),
  NOT_FOUND: absent('No such route', 'Check the path; `/openapi.json` lists the routes.'),
  METHOD_NOT_ALLOWED: single(
    405,
    'UNIMPLEMENTED',
    'The route has no such method',
    'Use a method that the Allow header names.',
  ),
  UNSUPPORTED_MEDIA_TYPE: single(
    415,
    'INVALID_ARGUMENT',
    'The media type is not supported',
    'Send `Content-Type: application/json`.',
  ),
  PAYLOAD_TOO_LARGE: single(
    413,
    'INVALID_ARGUMENT',
    'The body is too large',
    'Send less at once, for example smaller batches.',
  ),
  REQUEST_TIMEOUT: single(
    408,
    'DEADLINE_EXCEEDED',
    'The request took too long to arrive',
    'Send the whole request within the time limit.',
  ),
  UNAUTHENTICATED: unauthenticated(
    'Who is calling is not known',
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
    'The caller’s role does not allow this',
    'Ask for a role or namespace that includes it; `GET /v1/whoami` shows yours.',
  ),
  OVERLOADED: { ...single(429, 'RESOURCE_EXHAUSTED', 'Too many requests', 'Slow down and try again.'), retryAfter: 1 },
  SHUTTING_DOWN: unavailable('The service is shutting down', 'Try again: another replica answers.'),
  INTERNAL: internal('Something went wrong inside', 'Report it with the correlation id: this is a defect.'),
} as const satisfies Record<EdgeProblemCode, ProblemRow>;
