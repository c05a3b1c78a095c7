import { Body, Controller, Get, Inject, Module, Param, Post, type DynamicModule } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadConfig } from '../configuration/load-config.js';
import { keys } from '../configuration/keys.js';
import { Health } from '../health/health.js';
import { correlation, setCaller } from '../logging/correlation.js';
import { createLogger } from '../logging/logger.js';
import { Metrics } from '../metrics/metrics.js';
import { OperationsModule } from '../operations/operations.module.js';
import { RuntimeModule } from '../runtime.module.js';
import { CONFIG } from '../tokens.js';
import { type Config } from '../configuration/keys.js';
import { createRestApplication, type RestApplication, type RestOptions } from './rest-application.js';

export class NoSuchCharterError extends Error {
  readonly code = 'CHARTER_NOT_FOUND';
  readonly extensions = { charter: 'magna', errors: [{ pointer: '/name', message: 'unknown' }] };
}

class BusyError extends Error {
  readonly code = 'CHARTER_BUSY';
}

const failures: Record<string, () => Error> = {
  own: () => new NoSuchCharterError('no charter magna'),
  busy: () => new BusyError('later'),
  system: () => Object.assign(new Error('connect ECONNREFUSED 10.1.2.3:5432'), { code: 'ECONNREFUSED' }),
  unforeseen: () => new TypeError('secret internals'),
  anonymous: () => Object.assign(new Error('who is there'), { code: 'UNAUTHENTICATED' }),
};

@Controller('v1')
class ChartersController {
  constructor(@Inject(CONFIG) private readonly config: Config) {}

  @Post('charters::batch')
  batch(@Body() body: unknown): unknown {
    return { batch: body };
  }

  @Post('charters')
  async create(@Body() body: unknown): Promise<unknown> {
    setCaller('spiffe://cluster.local/test');
    await sleep(1);
    return { body, seen: correlation()?.correlationId };
  }

  @Get('charters/:id')
  one(@Param('id') id: string): unknown {
    return { id, trustDomain: this.config.trustDomain };
  }

  @Get('slow/:ms')
  async slow(@Param('ms') ms: string): Promise<unknown> {
    await sleep(Number(ms));
    return { slept: ms };
  }

  @Get('failures/:kind')
  fail(@Param('kind') kind: string): never {
    throw (failures[kind] as () => Error)();
  }
}

@Module({})
class ChartersModule {
  static with(runtime: DynamicModule): DynamicModule {
    return { module: ChartersModule, imports: [runtime, OperationsModule], controllers: [ChartersController] };
  }
}

export interface Started extends RestApplication {
  readonly url: string;
  readonly port: number;
  readonly health: Health;
  readonly lines: Record<string, unknown>[];
}

export const startCharters = async (options: Partial<RestOptions> = {}): Promise<Started> => {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  const logger = createLogger({ destination });
  const health = new Health();
  const metrics = new Metrics({ process: false });
  const runtime = RuntimeModule.forRoot({
    config: loadConfig(keys, { environment: {} }),
    logger,
    health,
    metrics,
    problems: {
      CHARTER_NOT_FOUND: { status: 404, title: 'There is no such charter', grpc: 5 },
      CHARTER_BUSY: { status: 503, title: 'The charter is busy', retryAfter: 7 },
    },
  });
  const application = await createRestApplication(ChartersModule.with(runtime), { logger, metrics, ...options });
  const { url, port } = await application.listen({ host: '127.0.0.1', port: 0 });
  return { ...application, url, port, health, lines };
};
