import { type Server } from 'node:https';
import { type AddressInfo } from 'node:net';
import { type DynamicModule, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type FastifyInstance } from 'fastify';
import { type Logger } from '../logging/logger.js';
import { NestLogger } from '../logging/nest-logger.js';
import { type Metrics } from '../metrics/metrics.js';
import { patternOf, rememberRoutes } from './allowed-methods.js';
import { answerClientError, answerRouterError } from './client-error.js';
import { acceptJsonOnly } from './json-body.js';
import { ListenError } from './listen-error.js';
import { addRequestHooks } from './request-hooks.js';
import { secureContextOptions, type ServerCredentials } from './tls.js';

/** Milliseconds. A client that is slower than these is cut off. */
export interface HttpTimeouts {
  readonly headers: number;
  readonly request: number;
  readonly keepAlive: number;
  readonly handshake: number;
  /** How often the first two are looked at. */
  readonly check: number;
}

export interface RestOptions {
  readonly logger: Logger;
  readonly metrics?: Metrics;
  /** TLS 1.3 with these; plain HTTP when absent. */
  readonly https?: ServerCredentials;
  /** Octets. */
  readonly bodyLimit?: number;
  /** Other limits for single routes, by `POST /v1/certificates:batch`. */
  readonly bodyLimits?: Readonly<Record<string, number>>;
  readonly maxConnections?: number;
  readonly timeouts?: Partial<HttpTimeouts>;
}

export interface RestApplication {
  readonly app: NestFastifyApplication;
  /** Resolves when it accepts connections. Throws ListenError. */
  listen(at: { host: string; port: number }): Promise<{ url: string; port: number }>;
  /** New handshakes use these from now on; open connections go on. */
  setSecureContext(credentials: ServerCredentials): void;
  /** Stops accepting, lets requests under way finish, then closes Nest's modules. */
  close(): Promise<void>;
}

const defaultTimeouts: HttpTimeouts = {
  headers: 10_000,
  request: 30_000,
  keepAlive: 60_000,
  handshake: 10_000,
  check: 1_000,
};

// A SPIFFE ID is at most 2048 octets, and more when percent-encoded in a path.
const maxParamLength = 4_096;

const adapterFor = ({ https, bodyLimit = 2 ** 20, timeouts = {} }: RestOptions): FastifyAdapter => {
  const limits = { ...defaultTimeouts, ...timeouts };
  const http = { headersTimeout: limits.headers, connectionsCheckingInterval: limits.check };
  const common = {
    bodyLimit,
    requestTimeout: limits.request,
    keepAliveTimeout: limits.keepAlive,
    requestIdHeader: false as const,
    return503OnClosing: false,
    clientErrorHandler: answerClientError,
    frameworkErrors: answerRouterError,
    routerOptions: { maxParamLength },
  };
  if (!https) return new FastifyAdapter({ ...common, http });
  // Who is not authorized by a certificate may still show a token: that is for the access guard to decide.
  const tls = {
    requestCert: true,
    rejectUnauthorized: false,
    handshakeTimeout: limits.handshake,
    ALPNProtocols: ['http/1.1'],
  };
  return new FastifyAdapter({ ...common, https: { ...http, ...tls, ...secureContextOptions(https) } });
};

const prepare = (
  instance: FastifyInstance,
  { bodyLimits = {}, maxConnections, logger, metrics }: RestOptions,
): void => {
  acceptJsonOnly(instance);
  instance.addHook('onRoute', (route) => {
    for (const method of [route.method].flat()) {
      route.bodyLimit = bodyLimits[`${method} ${patternOf(route.url)}`] ?? route.bodyLimit;
    }
  });
  rememberRoutes(instance);
  addRequestHooks(instance, { logger, ...(metrics && { metrics }) });
  // RFC 9110, section 10.1.1: an expectation that is not known may be passed over. Node would answer without a problem
  // document, and before anybody has asked who is calling.
  instance.server.on('checkExpectation', (request, response) => instance.server.emit('request', request, response));
  if (maxConnections !== undefined) instance.server.maxConnections = maxConnections;
};

/** A Nest application on Fastify, hardened, that speaks JSON and problem documents. Its module imports RuntimeModule. */
export const createRestApplication = async (
  module: Type | DynamicModule,
  options: RestOptions,
): Promise<RestApplication> => {
  const adapter = adapterFor(options);
  const instance = adapter.getInstance() as unknown as FastifyInstance;
  prepare(instance, options);
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter as never, {
    logger: new NestLogger(options.logger),
    bodyParser: false,
    abortOnError: false,
  });
  return {
    app,
    async listen({ host, port }) {
      await app.listen(port, host).catch((error: unknown) => Promise.reject(new ListenError(host, port, error)));
      const bound = (instance.server.address() as AddressInfo).port;
      return {
        url: `${options.https ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${bound}`,
        port: bound,
      };
    },
    setSecureContext: (credentials) =>
      (instance.server as unknown as Server).setSecureContext(secureContextOptions(credentials)),
    close: () => app.close(),
  };
};
