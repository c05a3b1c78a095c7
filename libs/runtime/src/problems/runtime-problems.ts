import { type ProblemRow, type ProblemTable } from './problem.js';

const invalidArgument = 3;
const deadlineExceeded = 4;
const notFound = 5;
const permissionDenied = 7;
const resourceExhausted = 8;
const unimplemented = 12;
const internal = 13;
const unavailable = 14;
const unauthenticated = 16;

/** What can go wrong before any of our own code is asked. The numbers behind are gRPC's. */
export const runtimeProblems = {
  BAD_REQUEST: { status: 400, title: 'The request is malformed', grpc: invalidArgument },
  INVALID_JSON: { status: 400, title: 'The body is not acceptable JSON', grpc: invalidArgument },
  INVALID_URL: { status: 400, title: 'The URL is malformed', grpc: invalidArgument },
  UNAUTHENTICATED: { status: 401, title: 'The caller is not authenticated', grpc: unauthenticated },
  FORBIDDEN: { status: 403, title: 'The caller may not do this', grpc: permissionDenied },
  NOT_FOUND: { status: 404, title: 'There is no such resource', grpc: notFound },
  METHOD_NOT_ALLOWED: { status: 405, title: 'The resource does not have this method', grpc: unimplemented },
  NOT_ACCEPTABLE: { status: 406, title: 'No acceptable representation', grpc: invalidArgument },
  REQUEST_TIMEOUT: { status: 408, title: 'The request took too long to arrive', grpc: deadlineExceeded },
  PAYLOAD_TOO_LARGE: { status: 413, title: 'The body is too large', grpc: invalidArgument },
  URI_TOO_LONG: { status: 414, title: 'The URL is too long', grpc: invalidArgument },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'The body is of an unsupported type', grpc: invalidArgument },
  UNPROCESSABLE: { status: 422, title: 'The request cannot be processed', grpc: invalidArgument },
  TOO_MANY_REQUESTS: { status: 429, title: 'Too many requests', grpc: resourceExhausted, retryAfter: 1 },
  HEADERS_TOO_LARGE: { status: 431, title: 'The header fields are too large', grpc: invalidArgument },
  INTERNAL: { status: 500, title: 'Something went wrong on our side', grpc: internal },
  UNAVAILABLE: { status: 503, title: 'The service is not available for now', grpc: unavailable, retryAfter: 1 },
} as const satisfies ProblemTable;

export type RuntimeCode = keyof typeof runtimeProblems;

// Where several codes share a status, the general one stands for it.
const general = Object.entries(runtimeProblems).filter(([code]) => !code.startsWith('INVALID_'));
const byStatus = new Map<number, RuntimeCode>(general.map(([code, { status }]) => [status, code as RuntimeCode]));

/** The code for an HTTP error that has none of its own. */
export const codeOfStatus = (status: number): RuntimeCode =>
  byStatus.get(status) ?? (status >= 400 && status < 500 ? 'BAD_REQUEST' : 'INTERNAL');

const fastifyCodes = new Map<string, RuntimeCode>(
  Object.entries({
    FST_ERR_CTP_INVALID_JSON_BODY: 'INVALID_JSON',
    FST_ERR_CTP_EMPTY_JSON_BODY: 'INVALID_JSON',
    FST_ERR_CTP_BODY_TOO_LARGE: 'PAYLOAD_TOO_LARGE',
    FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
    FST_ERR_BAD_URL: 'INVALID_URL',
    FST_ERR_MAX_PARAM_LENGTH: 'URI_TOO_LONG',
  }),
);

export const codeOfFastify = (code: string): RuntimeCode | undefined => fastifyCodes.get(code);

export const rowOf = (table: ProblemTable, code: string): ProblemRow | undefined =>
  Object.hasOwn(table, code) ? table[code] : undefined;
