import { Module } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';

/** `/healthz`, `/readyz` and `/metrics`. Needs RuntimeModule's Health and Metrics. */
@Module({ controllers: [HealthController, MetricsController] })
export class OperationsModule {}
