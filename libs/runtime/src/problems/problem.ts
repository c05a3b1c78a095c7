/** What the edge makes of one error code. */
export interface ProblemRow {
  /** HTTP status. */
  readonly status: number;
  /** For people, the same for every occurrence (RFC 9457, section 3.1.4). */
  readonly title: string;
  /** gRPC status code. */
  readonly grpc?: number;
  /** Seconds. */
  readonly retryAfter?: number;
}

export type ProblemTable = Readonly<Record<string, ProblemRow>>;

/** An `application/problem+json` body. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail?: string;
  readonly instance?: string;
  readonly [extension: string]: unknown;
}

/** An error may say more than its message: members that are added to the problem. */
export interface WithExtensions {
  readonly extensions: Readonly<Record<string, unknown>>;
}
