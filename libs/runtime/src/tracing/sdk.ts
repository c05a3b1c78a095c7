import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { TracingOptions } from './options.js';

type SdkOptions = Pick<Required<TracingOptions>, 'service' | 'env'> & Pick<TracingOptions, 'instance'>;

const SCHEDULE_MS = 1_000;
/** A collector that is away must not hold a shutdown up. */
const FLUSH_MS = 2_000;

/** Registers the global tracer, propagator (W3C trace context) and context manager; gives what flushes and ends them. */
export const startSdk = ({ service, instance, env }: SdkOptions): (() => Promise<void>) => {
  const ratio = Number(env['OTEL_TRACES_SAMPLER_ARG'] ?? 1);
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': env['OTEL_SERVICE_NAME'] ?? `cartulary-${service}`,
      'service.namespace': 'cartulary',
      'service.instance.id': `${instance ?? service}-${process.pid}`,
    }),
    // Who asks decides; what nobody asked for is sampled by ratio.
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(Number.isFinite(ratio) ? ratio : 1) }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter(),
        scheduledDelayMillis: Number(env['OTEL_BSP_SCHEDULE_DELAY']) || SCHEDULE_MS,
        exportTimeoutMillis: FLUSH_MS,
      }),
    ],
  });
  trace.setGlobalTracerProvider(provider);
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  return () => provider.shutdown().catch(() => undefined);
};
