import { randomUUID } from 'node:crypto';
import { context, propagation } from '@opentelemetry/api';
import { expandPath, type OperationId, type ResultOf, type Route, type Routes, routes } from '@cartulary/contracts';
import { type CallArguments, type CallOptions, queryString, type Rest } from './arguments.js';
import { Connection, eitherOf, type TlsOptions } from './connection.js';
import { UnexpectedAnswerError } from './errors.js';
import { readAnswer } from './read-answer.js';
import { withRetries } from './retry.js';

export interface ClientOptions {
  /** `https://127.0.0.1:8443`. */
  readonly baseUrl: string | URL;
  readonly tls?: TlsOptions;
  /** Bearer token; goes along with a client certificate or instead of one. */
  readonly token?: string;
  /** Milliseconds to wait for an answer, 30 000 unless said otherwise. */
  readonly timeout?: number;
  /** Repetitions of what can be repeated, 3 unless said otherwise. */
  readonly retries?: number;
  /** Ends every call that is under way. */
  readonly signal?: AbortSignal;
}

export type Operation<Id extends OperationId> = (...args: Rest<Routes[Id]>) => Promise<ResultOf<Routes[Id]>>;

interface LooseArguments extends CallOptions {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

/**
 * The management API. Every method is one operation; each throws ProblemError (refused), UnreachableError (no answer)
 * or UnexpectedAnswerError (not a Cartulary).
 */
export class CartularyClient {
  private readonly connection: Connection;

  constructor(private readonly options: ClientOptions) {
    this.connection = new Connection(options.baseUrl, options.tls);
  }

  readonly issueCertificate = this.operation('issueCertificate');
  readonly issueCertificates = this.operation('issueCertificates');
  readonly listCertificates = this.operation('listCertificates');
  readonly getCertificate = this.operation('getCertificate');
  readonly renewCertificate = this.operation('renewCertificate');
  readonly getCertificateHistory = this.operation('getCertificateHistory');
  readonly createRevocation = this.operation('createRevocation');
  readonly releaseCertificate = this.operation('releaseCertificate');
  readonly declareIncident = this.operation('declareIncident');
  readonly listIncidents = this.operation('listIncidents');
  readonly getIncident = this.operation('getIncident');
  readonly closeIncident = this.operation('closeIncident');
  readonly orderRotation = this.operation('orderRotation');
  readonly listRotations = this.operation('listRotations');
  readonly getRotation = this.operation('getRotation');
  readonly registerIdentity = this.operation('registerIdentity');
  readonly listIdentities = this.operation('listIdentities');
  readonly getIdentity = this.operation('getIdentity');
  readonly placeIdentity = this.operation('placeIdentity');
  readonly listPlacements = this.operation('listPlacements');
  readonly displaceIdentity = this.operation('displaceIdentity');
  readonly suspendIdentity = this.operation('suspendIdentity');
  readonly reinstateIdentity = this.operation('reinstateIdentity');
  readonly defineService = this.operation('defineService');
  readonly listServices = this.operation('listServices');
  readonly getService = this.operation('getService');
  readonly retireService = this.operation('retireService');
  readonly setMutualTls = this.operation('setMutualTls');
  readonly listMutualTls = this.operation('listMutualTls');
  readonly clearMutualTls = this.operation('clearMutualTls');
  readonly getEnforcement = this.operation('getEnforcement');
  readonly listIssuers = this.operation('listIssuers');
  readonly getIssuer = this.operation('getIssuer');
  readonly rotateIssuer = this.operation('rotateIssuer');
  readonly retireIssuer = this.operation('retireIssuer');
  readonly revokeIssuer = this.operation('revokeIssuer');
  readonly getTrustBundle = this.operation('getTrustBundle');
  readonly listPublications = this.operation('listPublications');
  readonly listEvents = this.operation('listEvents');
  readonly listProjections = this.operation('listProjections');
  readonly rebuildProjection = this.operation('rebuildProjection');
  readonly listDeadLetters = this.operation('listDeadLetters');
  readonly getDeadLetter = this.operation('getDeadLetter');
  readonly replayDeadLetter = this.operation('replayDeadLetter');
  readonly getDiagnostics = this.operation('getDiagnostics');
  readonly createToken = this.operation('createToken');
  readonly createJoinToken = this.operation('createJoinToken');
  readonly listTokens = this.operation('listTokens');
  readonly revokeToken = this.operation('revokeToken');
  readonly whoAmI = this.operation('whoAmI');
  readonly getOpenApi = this.operation('getOpenApi');
  readonly getLiveness = this.operation('getLiveness');
  readonly getReadiness = this.operation('getReadiness');
  readonly getMetrics = this.operation('getMetrics');

  /** Calls any route of the contracts; what the methods above do. */
  call<const R extends Route>(route: R, ...[args]: Rest<R>): Promise<ResultOf<R>> {
    return this.send(route, (args ?? {}) as CallArguments<R>) as Promise<ResultOf<R>>;
  }

  /** The server's clock in whole seconds, as the Date header of its next answer says it. Needs no credential. */
  async serverTime(): Promise<Date> {
    const { timeout = 30_000, signal } = this.options;
    const { path } = routes.getLiveness;
    const answer = await this.connection.request({ method: 'GET', path, timeout, ...eitherOf(signal) });
    const time = new Date(String(answer.headers['date']));
    if (Number.isNaN(time.getTime())) {
      throw new UnexpectedAnswerError(this.connection.origin + path, answer.status, 'without a Date');
    }
    return time;
  }

  /** Waits for running requests and closes the connections. */
  close(): Promise<void> {
    return this.connection.close();
  }

  private operation<Id extends OperationId>(id: Id): Operation<Id> {
    return ((args?: LooseArguments) => this.send(routes[id], args ?? {})) as Operation<Id>;
  }

  private async send(route: Route, args: LooseArguments): Promise<unknown> {
    const { token, timeout = 30_000, retries = 3 } = this.options;
    const path = expandPath(route.path, args.params) + queryString(args.query);
    const body = route.body && args.body !== undefined ? JSON.stringify(args.body) : undefined;
    const headers = {
      accept: 'application/json, application/problem+json',
      'x-correlation-id': args.correlationId ?? randomUUID(),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(route.idempotent ? { 'idempotency-key': args.idempotencyKey ?? randomUUID() } : {}),
    };
    // W3C Trace Context, where the caller's process traces.
    propagation.inject(context.active(), headers);
    const signal = eitherOf(this.options.signal, args.signal);
    const attempt = async (): Promise<unknown> => {
      const request = { method: route.method, path, headers, timeout: args.timeout ?? timeout, ...signal };
      const answer = await this.connection.request(body === undefined ? request : { ...request, body });
      return readAnswer(route, answer, this.connection.origin + path);
    };
    return withRetries(attempt, { retries, repeatable: route.method === 'GET' || route.idempotent, ...signal });
  }
}
