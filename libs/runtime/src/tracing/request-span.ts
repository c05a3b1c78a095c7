import {
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { isTracing } from './start-tracing.js';

const tracer = trace.getTracer('cartulary');

interface Request {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** The span of one REST request, and the context in which it is handled. */
export class RequestSpan {
  private constructor(
    private readonly span: Span,
    private readonly context: Context,
  ) {}

  /** Below the caller's `traceparent`, if it sent one (W3C Trace Context); undefined where nothing is traced. */
  static start({ method, url, headers }: Request): RequestSpan | undefined {
    if (!isTracing()) return undefined;
    const parent = propagation.extract(ROOT_CONTEXT, headers);
    // The path without its query: nothing of it is secret, a query's filter may be.
    const attributes = { 'http.request.method': method, 'url.path': url.replace(/\?.*$/s, '') };
    const span = tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, parent);
    return new RequestSpan(span, trace.setSpan(parent, span));
  }

  get traceId(): string {
    return this.span.spanContext().traceId;
  }

  /** For the answer: W3C Trace Context, level 2, `traceresponse`. */
  get traceresponse(): string {
    const { traceId, spanId, traceFlags } = this.span.spanContext();
    return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
  }

  within<Result>(work: () => Result): Result {
    return context.with(this.context, work);
  }

  end(method: string, route: string, status: number, correlationId: string | undefined): void {
    this.span.updateName(`${method} ${route}`);
    this.span.setAttributes({ 'http.route': route, 'http.response.status_code': status });
    if (correlationId !== undefined) this.span.setAttribute('cartulary.correlation_id', correlationId);
    if (status >= 500) this.span.setStatus({ code: SpanStatusCode.ERROR });
    this.span.end();
  }
}
