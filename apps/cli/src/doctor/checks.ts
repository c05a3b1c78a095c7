import { clockCheck } from './check-clock.js';
import { crlCheck } from './check-crls.js';
import { databaseCheck } from './check-database.js';
import { deadLettersCheck } from './check-dead-letters.js';
import { diskCheck } from './check-disk.js';
import { epochCheck } from './check-epochs.js';
import { kafkaCheck } from './check-kafka.js';
import { lagCheck } from './check-lag.js';
import { ocspCheck } from './check-ocsp.js';
import { readinessCheck } from './check-readiness.js';
import { restCheck } from './check-rest.js';
import { chainCheck, rootsCheck } from './check-trust.js';
import type { Check } from './examination.js';

/** In the order in which they are shown. */
export const checks: Readonly<Record<string, Check>> = {
  clock: clockCheck,
  readiness: readinessCheck,
  roots: rootsCheck,
  chain: chainCheck,
  epoch: epochCheck,
  CRL: crlCheck,
  OCSP: ocspCheck,
  lag: lagCheck,
  'dead letters': deadLettersCheck,
  database: databaseCheck,
  Kafka: kafkaCheck,
};

/** Where these fail, the service can't be asked anything. */
export const firstChecks: Readonly<Record<string, Check>> = { disk: diskCheck, REST: restCheck };
