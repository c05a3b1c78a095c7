import { isProblemCode, type Problem, type ProblemCode, problems } from '@cartulary/contracts';

/** Everything that a call can fail with on purpose. */
export abstract class ClientError extends Error {
  abstract readonly code: string;
  override get name(): string {
    return this.constructor.name;
  }
}

/** The service refused: its problem document (RFC 9457). */
export class ProblemError extends ClientError {
  readonly code: string;
  /** HTTP status. */
  readonly status: number;
  readonly title: string;
  readonly detail: string | undefined;
  readonly errors: readonly { readonly pointer: string; readonly message: string }[];
  readonly correlationId: string | undefined;

  constructor(
    problem: Problem,
    /** Seconds, from the Retry-After header. */
    readonly retryAfter?: number,
  ) {
    super(problem.detail ?? problem.title);
    this.code = problem.code;
    this.status = problem.status;
    this.title = problem.title;
    this.detail = problem.detail;
    this.errors = problem.errors ?? [];
    this.correlationId = problem.correlationId;
  }

  /** What the caller can do about it; undefined for a code of a newer release. */
  get remedy(): string | undefined {
    return isProblemCode(this.code) ? problems[this.code].remedy : undefined;
  }

  is(code: ProblemCode): boolean {
    return this.code === code;
  }
}

export type UnreachableReason = 'refused' | 'unresolved' | 'timeout' | 'closed' | 'untrusted' | 'tls';

/** No answer came. `untrusted`: the server's certificate is not below the CA that was given. */
export class UnreachableError extends ClientError {
  readonly code = 'UNREACHABLE';
  constructor(
    readonly origin: string,
    readonly reason: UnreachableReason,
    /** The request may have been received: only what can be repeated safely may be sent again. */
    readonly sent: boolean,
    options?: ErrorOptions,
  ) {
    super(`${origin}: ${messages[reason]}`, options);
  }
}

const messages: Record<UnreachableReason, string> = {
  refused: 'nothing listens there',
  unresolved: 'the name does not resolve',
  timeout: 'no answer in time',
  closed: 'the connection was closed',
  untrusted: 'its certificate is not trusted',
  tls: 'the TLS handshake failed',
};

/** An answer that no Cartulary gives: another service, or a proxy between. */
export class UnexpectedAnswerError extends ClientError {
  readonly code = 'UNEXPECTED_ANSWER';
  constructor(
    readonly url: string,
    readonly status: number,
    reason: string,
  ) {
    super(`${url} answered ${status}: ${reason}`);
  }
}
