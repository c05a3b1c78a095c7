import type { Metadata } from '@grpc/grpc-js';

/** One call, as handlers get it. */
export interface GrpcCall<Request = unknown> {
  readonly request: Request;
  readonly metadata: Metadata;
  /** The TLS connection: whose certificate was shown. */
  readonly socket: unknown;
  readonly address: string;
  readonly correlationId: string;
  /** Aborts when the caller has gone or the server stops. */
  readonly signal: AbortSignal;
}

/** The answer of a stream. */
export interface GrpcStream<Response> {
  /**
   * Resolves when the connection has taken it, so that a slow reader holds up its own stream and nothing piles up.
   * Throws GrpcEdgeError when it takes too long, and when the call is over.
   */
  send(message: Response): Promise<void>;
}

export type UnaryHandler = (call: GrpcCall<never>) => Promise<object>;
export type StreamHandler = (call: GrpcCall<never>, stream: GrpcStream<never>) => Promise<void>;

/** A service's methods by their names in the .proto, in camel case. */
export type GrpcHandlers = Readonly<Record<string, UnaryHandler | StreamHandler>>;

/** The header of a bearer token. */
export const authorizationOf = ({ metadata }: Pick<GrpcCall, 'metadata'>): string | undefined => {
  const [first] = metadata.get('authorization');
  return first === undefined ? undefined : String(first);
};
