import { errors, Pool } from 'undici';
import { UnreachableError, type UnreachableReason } from './errors.js';

/** PEM; `ca` alone is trusted, not the system's roots. */
export interface TlsOptions {
  readonly ca: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
}

export interface RawRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Milliseconds until the answer's head; and between parts of its body. */
  readonly timeout: number;
  readonly signal?: AbortSignal;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

const reasons: Readonly<Record<string, UnreachableReason>> = {
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'refused',
  ENETUNREACH: 'refused',
  ENOTFOUND: 'unresolved',
  EAI_AGAIN: 'unresolved',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  ECONNRESET: 'closed',
  EPIPE: 'closed',
  UND_ERR_SOCKET: 'closed',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'untrusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'untrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'untrusted',
  CERT_HAS_EXPIRED: 'untrusted',
  CERT_NOT_YET_VALID: 'untrusted',
  CERT_SIGNATURE_FAILURE: 'untrusted',
  ERR_TLS_CERT_ALTNAME_INVALID: 'untrusted',
};
const beforeSending = new Set<UnreachableReason>(['refused', 'unresolved', 'untrusted', 'tls']);

/** HTTP/1.1 to one origin, connections kept open. */
export class Connection {
  private readonly pool: Pool;
  private readonly prefix: string;
  readonly origin: string;

  constructor(baseUrl: string | URL, tls?: TlsOptions) {
    const url = new URL(baseUrl);
    this.origin = url.origin;
    this.prefix = url.pathname.replace(/\/$/, '');
    this.pool = new Pool(url.origin, {
      connections: 64,
      allowH2: false,
      connectTimeout: 5_000,
      // No session resumption: a revoked certificate of either side must meet a full handshake.
      maxCachedSessions: 0,
      ...(tls ? { connect: { ...tls, minVersion: 'TLSv1.3' } } : {}),
    });
  }

  /** Throws UnreachableError; an aborted signal's own reason otherwise. */
  async request({ method, path, headers, body, timeout, signal }: RawRequest): Promise<RawAnswer> {
    try {
      const answer = await this.pool.request({
        method: method as 'GET',
        path: this.prefix + path,
        headers: { ...headers },
        body: body ?? null,
        headersTimeout: timeout,
        bodyTimeout: timeout,
        ...(signal ? { signal } : {}),
      });
      const bytes = Buffer.from(await answer.body.arrayBuffer());
      return { status: answer.statusCode, headers: answer.headers, body: bytes };
    } catch (cause) {
      if (signal?.aborted) throw cause;
      throw this.unreachable(cause);
    }
  }

  close(): Promise<void> {
    return this.pool.close();
  }

  private unreachable(cause: unknown): unknown {
    const code = codeOf(cause);
    const tls = code?.startsWith('ERR_SSL_') || code?.startsWith('ERR_TLS_') ? 'tls' : undefined;
    const reason = reasons[code ?? ''] ?? tls;
    if (!reason) return cause;
    const sent = !beforeSending.has(reason) && !(cause instanceof errors.ConnectTimeoutError);
    return new UnreachableError(this.origin + this.prefix, reason, sent, { cause });
  }
}

/** Node gives several addresses' failures as one AggregateError. */
const codeOf = (error: unknown): string | undefined => {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
};

/** One signal for two, as an option that may be left out. */
export const eitherOf = (...signals: readonly (AbortSignal | undefined)[]): { signal?: AbortSignal } => {
  const given = signals.filter((signal) => signal !== undefined);
  const [first, second] = given;
  return second ? { signal: AbortSignal.any(given) } : first ? { signal: first } : {};
};
