import {
  type Attributes,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { type RecordedEvent } from '@cartulary/ledger';

const tracer = trace.getTracer('cartulary');

const attributesOf = (event: RecordedEvent): Attributes => ({
  'messaging.message.id': event.id,
  'cartulary.position': event.position,
  'cartulary.type': event.type,
  'cartulary.correlation_id': event.correlationId,
});

/** One span for each event of a traced cause, below it: events of different causes travel in one batch. */
const startSpans = (name: string, kind: SpanKind, events: readonly RecordedEvent[]): Map<RecordedEvent, Span> => {
  const spans = new Map<RecordedEvent, Span>();
  for (const event of events) {
    const { traceparent } = event;
    if (traceparent === undefined) continue;
    const parent = propagation.extract(ROOT_CONTEXT, { traceparent });
    spans.set(event, tracer.startSpan(name, { kind, attributes: attributesOf(event) }, parent));
  }
  return spans;
};

const fail = (span: Span, error: unknown): void => {
  span.setAttribute('error.type', error instanceof Error ? error.name : typeof error);
  span.setStatus({ code: SpanStatusCode.ERROR });
};

/** The spans of a batch on its way to Kafka: from when it was read until it has arrived. */
export class SendSpans {
  private readonly spans: Map<RecordedEvent, Span>;

  constructor(events: readonly RecordedEvent[]) {
    this.spans = startSpans('send', SpanKind.PRODUCER, events);
  }

  /** For the event's record: whoever handles it goes on from here. */
  traceparent(event: RecordedEvent): string | undefined {
    const span = this.spans.get(event);
    if (!span) return undefined;
    const carrier: Record<string, string> = {};
    propagation.inject(trace.setSpan(ROOT_CONTEXT, span), carrier);
    return carrier['traceparent'];
  }

  end(): void {
    for (const span of this.spans.values()) span.end();
  }
}

/**
 * Handles events with a span for each that is traced. What the handler does beside (appends, calls) stands below the
 * first one's: of a batch of many causes it can belong to one alone.
 */
export const handleTraced = async <Result>(
  consumer: string,
  events: readonly RecordedEvent[],
  handle: () => Result | Promise<Result>,
): Promise<Result> => {
  const spans = [...startSpans(`process ${consumer}`, SpanKind.CONSUMER, events).values()];
  const [first] = spans;
  if (!first) return handle();
  try {
    return await context.with(trace.setSpan(ROOT_CONTEXT, first), handle);
  } catch (error) {
    for (const span of spans) fail(span, error);
    throw error;
  } finally {
    for (const span of spans) span.end();
  }
};
