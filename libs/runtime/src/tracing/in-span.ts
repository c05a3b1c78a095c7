import { type Attributes, type Span, SpanStatusCode, trace } from '@opentelemetry/api';

const tracer = trace.getTracer('cartulary');

/** Marks the span as failed; the message may be shown to anybody who may see traces. */
export const failSpan = (span: Span, error: unknown): void => {
  const { name, code } = error as { name?: unknown; code?: unknown };
  span.setAttribute('error.type', typeof code === 'string' ? code : String(name));
  span.setStatus({ code: SpanStatusCode.ERROR });
};

/** Work with a span of its own below the one under way. Where nothing is traced, just the work. */
export const inSpan = <Result>(name: string, attributes: Attributes, work: () => Promise<Result>): Promise<Result> =>
  tracer.startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await work();
    } catch (error) {
      failSpan(span, error);
      throw error;
    } finally {
      span.end();
    }
  });
