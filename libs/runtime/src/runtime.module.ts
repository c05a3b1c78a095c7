import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { Clock, SystemClock } from './clock.js';
import { type Config } from './configuration/keys.js';
import { Health } from './health/health.js';
import { type Logger } from './logging/logger.js';
import { Metrics } from './metrics/metrics.js';
import { ProblemFilter } from './problems/problem.filter.js';
import { type ProblemTable } from './problems/problem.js';
import { runtimeProblems } from './problems/runtime-problems.js';
import { CONFIG, LOGGER, PROBLEM_TABLE } from './tokens.js';

export interface RuntimeOptions {
  readonly config: Config;
  readonly logger: Logger;
  /** The rows of this application's own error codes. */
  readonly problems?: ProblemTable;
  readonly clock?: Clock;
  readonly metrics?: Metrics;
  readonly health?: Health;
}

/** What every part of an application may inject: Clock, Metrics, Health, CONFIG, LOGGER; and problems for its errors. */
@Module({})
export class RuntimeModule {
  static forRoot({ config, logger, problems = {}, clock, metrics, health }: RuntimeOptions): DynamicModule {
    return {
      module: RuntimeModule,
      global: true,
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: LOGGER, useValue: logger },
        { provide: Clock, useValue: clock ?? new SystemClock() },
        { provide: Metrics, useValue: metrics ?? new Metrics() },
        { provide: Health, useValue: health ?? new Health() },
        { provide: PROBLEM_TABLE, useValue: { ...runtimeProblems, ...problems } },
        { provide: APP_FILTER, useClass: ProblemFilter },
      ],
      exports: [CONFIG, LOGGER, Clock, Metrics, Health, PROBLEM_TABLE],
    };
  }
}
