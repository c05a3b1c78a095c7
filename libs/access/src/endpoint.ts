import { createHash } from 'node:crypto';
import {
  applyDecorators,
  createParamDecorator,
  type ExecutionContext,
  HttpCode,
  RequestMapping,
  RequestMethod,
} from '@nestjs/common';
import {
  type BodyOf,
  fastifyPath,
  type ParamsOf,
  type QueryOf,
  type Route,
  textValidatorFor,
  type Validated,
  validatorFor,
} from '@cartulary/contracts';
import type { Idempotency } from '@cartulary/ledger';
import { correlation, newCorrelation, Permission, Unauthenticated } from '@cartulary/runtime';
import type { AuthenticatedRequest } from './access.guard.js';
import type { Caller } from './caller.js';
import { InvalidRequestError, UnauthenticatedError } from './errors.js';

/** Mounts a controller's method as the route that libs/contracts defines. */
export const Endpoint = (route: Route): MethodDecorator =>
  applyDecorators(
    RequestMapping({ path: fastifyPath(route.path), method: RequestMethod[route.method] }),
    HttpCode(route.status),
    route.permission === 'public' ? Unauthenticated() : Permission(route.permission),
  );

/** One valid request of an authenticated caller. */
export interface Call<R extends Route = Route> {
  readonly params: ParamsOf<R>;
  readonly query: QueryOf<R>;
  readonly body: BodyOf<R>;
  readonly caller: Caller;
  readonly correlationId: string;
  /** Present when the request came with an Idempotency-Key. */
  readonly idempotency?: Idempotency;
}

const KEY = /^[\x21-\x7e]{1,255}$/;

/** The parameter that gets the request of `route`, checked against its schemas. */
export const Request = createParamDecorator((route: Route, context: ExecutionContext): Call => {
  const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
  const { caller } = request;
  if (!caller) throw new UnauthenticatedError('no caller');
  const validate = validatorsOf(route);
  const params = checked(validate.params?.(request.params), '/path');
  const query = checked(validate.query?.(request.query), '/query');
  const body = checked(validate.body?.(request.body ?? {}), '');
  const correlationId = (correlation() ?? newCorrelation()).correlationId;
  const key = route.idempotent ? request.headers['idempotency-key'] : undefined;
  const call = { params, query, body, caller, correlationId } as Call;
  return key === undefined ? call : { ...call, idempotency: idempotency(route, call, String(key)) };
});

const validators = new Map<Route, ReturnType<typeof compile>>();
const compile = ({ params, query, body }: Route) => ({
  params: params && textValidatorFor(params),
  query: query && textValidatorFor(query),
  body: body && validatorFor(body),
});
const validatorsOf = (route: Route): ReturnType<typeof compile> => {
  const known = validators.get(route) ?? compile(route);
  validators.set(route, known);
  return known;
};

const checked = (result: Validated<unknown> | undefined, at: string): unknown => {
  if (!result) return undefined;
  if (result.ok) return result.value;
  throw new InvalidRequestError(result.errors.map(({ pointer, message }) => ({ pointer: `${at}${pointer}`, message })));
};

const idempotency = (route: Route, { params, body, caller }: Call, key: string): Idempotency => {
  if (!KEY.test(key)) {
    throw new InvalidRequestError([
      { pointer: '/headers/idempotency-key', message: '1 to 255 visible ASCII characters' },
    ]);
  }
  const request = JSON.stringify([route.operationId, params ?? null, body ?? null]);
  // A certificate's holder may renew it in between; tokens of one name may be of different people.
  const scope = caller.kind === 'token' ? caller.actor.credential : caller.actor.id;
  return { scope, key, fingerprint: createHash('sha256').update(request).digest('hex') };
};
