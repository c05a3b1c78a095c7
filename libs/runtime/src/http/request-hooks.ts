import { type FastifyInstance, type FastifyRequest } from 'fastify';
import { type Correlation, newCorrelation, withCorrelation } from '../logging/correlation.js';
import { type Logger } from '../logging/logger.js';
import { type Metrics } from '../metrics/metrics.js';
import { RequestSpan } from '../tracing/request-span.js';
import { patternOf } from './allowed-methods.js';

const headers = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

// Probes come every few seconds for ever; they are worth a line only when somebody looks closely.
const probes = new Set(['/healthz', '/readyz', '/metrics']);

export interface RequestHooks {
  readonly logger: Logger;
  readonly metrics?: Metrics;
}

const routeOf = (request: FastifyRequest): string =>
  request.is404 ? 'unmatched' : patternOf(request.routeOptions.url ?? 'unmatched');

/** Correlation, security headers, the access log and the latency histogram of every request. */
export const addRequestHooks = (instance: FastifyInstance, { logger, metrics }: RequestHooks): void => {
  const contexts = new WeakMap<FastifyRequest, Correlation>();
  const spans = new WeakMap<FastifyRequest, RequestSpan>();
  const within = (request: FastifyRequest, context: Correlation, done: () => void): void => {
    const span = spans.get(request);
    if (span) span.within(() => withCorrelation(context, done));
    else withCorrelation(context, done);
  };
  const log = logger.child({ scope: 'http' });
  const seconds = metrics?.histogram('http_request_duration_seconds', {
    help: 'Time from the first byte of a request to the last of its answer',
    labels: ['method', 'route', 'status'],
  });
  let closing = false;

  instance.addHook('preClose', (done) => {
    closing = true;
    done();
  });
  instance.addHook('onRequest', (request, reply, done) => {
    const given = request.headers['x-correlation-id'];
    const span = RequestSpan.start(request);
    // Who names no correlation finds the trace by it.
    const context = newCorrelation(typeof given === 'string' ? given : span?.traceId);
    contexts.set(request, context);
    reply.headers({ ...headers, 'x-correlation-id': context.correlationId });
    if (span) {
      spans.set(request, span);
      reply.header('traceresponse', span.traceresponse);
    }
    within(request, context, done);
  });
  // The body arrives in events of the socket, which know nothing of this request.
  instance.addHook('preValidation', (request, _reply, done) => {
    const context = contexts.get(request);
    if (context) within(request, context, done);
    else done();
  });
  instance.addHook('onSend', (_request, reply, _payload, done) => {
    if (closing) reply.header('connection', 'close');
    done();
  });
  instance.addHook('onResponse', (request, reply, done) => {
    const route = routeOf(request);
    const status = reply.statusCode;
    const ms = reply.elapsedTime;
    seconds?.observe({ method: request.method, route, status: String(status) }, ms / 1_000);
    const { requestId, correlationId, caller } = contexts.get(request) ?? {};
    const entry = {
      method: request.method,
      route,
      status,
      ms: Math.round(ms * 10) / 10,
      requestId,
      correlationId,
      caller,
    };
    spans.get(request)?.end(request.method, route, status, correlationId);
    log[probes.has(route) ? 'debug' : status >= 500 ? 'warn' : 'info'](entry, 'request');
    done();
  });
};
