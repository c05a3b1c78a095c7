import { Controller, Get, Res } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { Metrics } from '../metrics/metrics.js';
import { Permission } from './access-marks.js';

@Controller()
@Permission('metrics:read')
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Get('metrics')
  render(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    reply.type(this.metrics.contentType);
    return this.metrics.render();
  }
}
