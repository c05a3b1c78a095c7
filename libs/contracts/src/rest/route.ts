import type { Static, TObject, TSchema } from 'typebox';
import type { ProblemCode } from '../problems/problem-code.js';
import type { Permission } from './permissions.js';

export type Method = 'GET' | 'POST' | 'DELETE';

/** A body that is not JSON, by its media type. */
export interface RawBody {
  readonly mediaType: string;
  readonly description: string;
}

export interface Route<
  Params extends TObject | undefined = TObject | undefined,
  Query extends TObject | undefined = TObject | undefined,
  Body extends TSchema | undefined = TSchema | undefined,
  Success extends TSchema | RawBody = TSchema | RawBody,
> {
  readonly operationId: string;
  readonly method: Method;
  /** OpenAPI's form: `/v1/certificates/{serial}`. */
  readonly path: string;
  /** `public`: answered without a credential. */
  readonly permission: Permission | 'public';
  /** `relying-parties`: the plain HTTP side. */
  readonly side: 'management' | 'relying-parties';
  readonly tag: string;
  readonly summary: string;
  readonly description: string;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly rawRequest?: RawBody;
  readonly status: 200 | 201;
  readonly success: Success;
  /** Statuses besides that come with the same body: an answer, not a refusal. */
  readonly alsoAnswers?: readonly number[];
  /** Codes of this route; those that any route can answer with come on top. */
  readonly problems: readonly ProblemCode[];
  /** Takes an Idempotency-Key: the same request twice has one effect and one answer. */
  readonly idempotent: boolean;
}

interface RouteInput<Params, Query, Body, Success> {
  readonly operationId: string;
  readonly method: Method;
  readonly path: string;
  readonly permission: Permission | 'public';
  readonly side?: 'management' | 'relying-parties';
  readonly tag: string;
  readonly summary: string;
  readonly description: string;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly rawRequest?: RawBody;
  readonly alsoAnswers?: readonly number[];
  readonly responses: { readonly 200: Success } | { readonly 201: Success };
  readonly problems?: readonly ProblemCode[];
  readonly idempotent?: true;
}

export const defineRoute = <
  const Params extends TObject | undefined = undefined,
  const Query extends TObject | undefined = undefined,
  const Body extends TSchema | undefined = undefined,
  const Success extends TSchema | RawBody = TSchema,
>({
  responses,
  ...input
}: RouteInput<Params, Query, Body, Success>): Route<Params, Query, Body, Success> => {
  const created = 201 in responses;
  return {
    side: 'management',
    problems: [],
    ...input,
    params: input.params as Params,
    query: input.query as Query,
    body: input.body as Body,
    idempotent: input.idempotent ?? false,
    status: created ? 201 : 200,
    success: created ? responses[201] : responses[200],
  };
};

type StaticOf<Schema> = Schema extends TSchema ? Static<Schema> : undefined;
export type ParamsOf<R extends Route> = StaticOf<R['params']>;
export type QueryOf<R extends Route> = StaticOf<R['query']>;
export type BodyOf<R extends Route> = StaticOf<R['body']>;
/** The parsed JSON of a success; bytes where the body is not JSON. */
export type ResultOf<R extends Route> = R['success'] extends RawBody
  ? Uint8Array
  : R['success'] extends TSchema
    ? Static<R['success']>
    : never;

export const isRawBody = (success: TSchema | RawBody): success is RawBody => 'mediaType' in success;

/** The path with its parameters percent-encoded, each as one segment. */
export const expandPath = (path: string, params: Readonly<Record<string, unknown>> = {}): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    if (params[name] === undefined) throw new TypeError(`${path} needs ${name}`);
    return encodeURIComponent(String(params[name]));
  });

/** The path as Fastify's router writes it: `:serial` for a parameter, `::` for a colon. */
export const fastifyPath = (path: string): string => path.replaceAll(':', '::').replaceAll(/\{(\w+)\}/g, ':$1');
