import type { DynamicModule } from '@nestjs/common';
import { createRestApplication, type Metrics, type RestApplication } from '@cartulary/runtime';
import type { Process } from './run-process.js';

/** The REST side of a process; its certificate is set before it listens. */
export const openRest = async (
  module: DynamicModule,
  { config, logger, shutdown }: Pick<Process, 'config' | 'logger' | 'shutdown'>,
  metrics: Metrics,
): Promise<RestApplication> => {
  const rest = await createRestApplication(module, {
    logger,
    metrics,
    https: { key: '', cert: '' },
    bodyLimit: config.requestBodyLimit,
    bodyLimits: { 'POST /v1/certificates:batch': config.batchBodyLimit },
    maxConnections: config.maxConnections,
  });
  shutdown.register('rest', () => rest.close());
  return rest;
};
