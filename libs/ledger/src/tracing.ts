import { type Attributes, type ProxyTracerProvider, SpanStatusCode, trace } from '@opentelemetry/api';

const tracer = trace.getTracer('cartulary');

// Whoever traces registers a provider once, which the global proxy then has: until then spans would be made for nobody.
const isTracing = (): boolean => {
  const provider = trace.getTracerProvider() as Partial<ProxyTracerProvider>;
  return provider.getDelegateTracer?.('cartulary') !== undefined || !provider.getDelegateTracer;
};

/**
 * Work with a span of its own below the one under way; `traceparent` (W3C Trace Context) is what others go on from,
 * undefined where nothing is traced.
 */
export const traced = async <Result>(
  name: string,
  attributes: Attributes,
  work: (traceparent: string | undefined) => Promise<Result>,
): Promise<Result> => {
  if (!isTracing()) return work(undefined);
  return await tracer.startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await work(span.isRecording() ? traceparentOf(span.spanContext()) : undefined);
    } catch (error) {
      const { name: type, code } = error as { name?: unknown; code?: unknown };
      span.setAttribute('error.type', typeof code === 'string' ? code : String(type));
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  });
};

const traceparentOf = ({ traceId, spanId }: { traceId: string; spanId: string }): string =>
  `00-${traceId}-${spanId}-01`;
