import type { TracingOptions } from './options.js';

let started = false;

/** Whether spans are made in this process. */
export const isTracing = (): boolean => started;

/**
 * Sends spans by OTLP over HTTP where `OTEL_EXPORTER_OTLP_ENDPOINT` (or `…_TRACES_ENDPOINT`) says so, and flushes them
 * when everything else has closed. Without it the SDK is not even loaded, and the API's own spans do nothing.
 */
export const startTracing = async ({ env = process.env, ...options }: TracingOptions): Promise<void> => {
  const endpoint = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  if (!endpoint || env['OTEL_SDK_DISABLED'] === 'true') return;
  const { startSdk } = await import('./sdk.js');
  const stop = startSdk({ ...options, env });
  started = true;
  options.shutdown.register('traces', stop);
};
