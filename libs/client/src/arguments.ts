import type { BodyOf, ParamsOf, QueryOf, Route } from '@cartulary/contracts';

export interface CallOptions {
  /** For idempotent routes; a random one otherwise, the same in all repetitions of one call. */
  readonly idempotencyKey?: string;
  /** Shows up in the service's logs and in the events that the call causes. */
  readonly correlationId?: string;
  readonly signal?: AbortSignal;
  /** Milliseconds, for this call. */
  readonly timeout?: number;
}

type ParamsPart<R extends Route> = ParamsOf<R> extends undefined ? unknown : { readonly params: ParamsOf<R> };
type QueryPart<R extends Route> = QueryOf<R> extends undefined ? unknown : { readonly query?: QueryOf<R> };
type BodyPart<R extends Route> = R['body'] extends undefined
  ? unknown
  : R['body'] extends { readonly '~optional': true }
    ? { readonly body?: BodyOf<R> }
    : { readonly body: BodyOf<R> };

/** What a call of the route takes: its parameters, its query and its body, where it has them. */
export type CallArguments<R extends Route> = CallOptions & ParamsPart<R> & QueryPart<R> & BodyPart<R>;

/** Left out altogether where nothing in them is required. */
export type Rest<R extends Route> =
  Record<never, never> extends CallArguments<R> ? [args?: CallArguments<R>] : [args: CallArguments<R>];

/** `?a=1&b=2`, without what is undefined. */
export const queryString = (query: Readonly<Record<string, unknown>> = {}): string => {
  const defined = Object.entries(query).filter(([, value]) => value !== undefined);
  const text = new URLSearchParams(defined.map(([name, value]): [string, string] => [name, String(value)])).toString();
  return text === '' ? '' : `?${text}`;
};
