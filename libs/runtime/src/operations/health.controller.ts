import { Controller, Get, Res } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { Health, type Readiness } from '../health/health.js';
import { Unauthenticated } from './access-marks.js';

@Controller()
@Unauthenticated()
export class HealthController {
  constructor(private readonly health: Health) {}

  /** The process is alive: that this answers at all is the whole check. */
  @Get('healthz')
  alive(): { status: 'alive' } {
    return { status: 'alive' };
  }

  @Get('readyz')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Readiness> {
    const readiness = await this.health.readiness();
    reply.status(readiness.ready ? 200 : 503);
    return readiness;
  }
}
