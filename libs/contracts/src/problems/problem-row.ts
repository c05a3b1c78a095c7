/** gRPC status codes by their names, https://grpc.io/docs/guides/status-codes/. */
export const grpcStatus = {
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;
export type GrpcStatus = keyof typeof grpcStatus;

export interface ProblemRow {
  /** HTTP status. */
  readonly status: number;
  readonly grpc: GrpcStatus;
  /** RFC 9457, section 3.1.3: the same for every occurrence. */
  readonly title: string;
  /** What the caller can do about it, one sentence. */
  readonly remedy: string;
  /** Seconds, for the Retry-After header. */
  readonly retryAfter?: number;
}

type Common = Omit<ProblemRow, 'title' | 'remedy'>;
const row =
  (common: Common) =>
  (title: string, remedy: string): ProblemRow => ({ ...common, title, remedy });

// The kinds of refusal; each code picks one, so that the statuses stay consistent.
export const malformed = row({ status: 400, grpc: 'INVALID_ARGUMENT' });
export const unauthenticated = row({ status: 401, grpc: 'UNAUTHENTICATED' });
export const forbidden = row({ status: 403, grpc: 'PERMISSION_DENIED' });
export const absent = row({ status: 404, grpc: 'NOT_FOUND' });
export const conflicting = row({ status: 409, grpc: 'FAILED_PRECONDITION' });
export const existing = row({ status: 409, grpc: 'ALREADY_EXISTS' });
export const unacceptable = row({ status: 422, grpc: 'INVALID_ARGUMENT' });
export const internal = row({ status: 500, grpc: 'INTERNAL' });
export const overloaded = row({ status: 429, grpc: 'RESOURCE_EXHAUSTED', retryAfter: 1 });
export const unavailable = row({ status: 503, grpc: 'UNAVAILABLE', retryAfter: 1 });
/** For statuses that only one code has. */
export const single = (status: number, grpc: GrpcStatus, title: string, remedy: string): ProblemRow => ({
  status,
  grpc,
  title,
  remedy,
});
