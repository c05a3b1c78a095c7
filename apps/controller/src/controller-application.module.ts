import { type DynamicModule, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { OperationsModule, RuntimeModule, type RuntimeOptions } from '@cartulary/runtime';
import { PeerGuard, problemTable } from '@cartulary/service';

/** Health and metrics; the work comes by itself. */
@Module({})
export class ControllerApplicationModule {
  static with(runtime: Omit<RuntimeOptions, 'problems'>): DynamicModule {
    return {
      module: ControllerApplicationModule,
      imports: [RuntimeModule.forRoot({ ...runtime, problems: problemTable }), OperationsModule],
      providers: [{ provide: APP_GUARD, useClass: PeerGuard }],
    };
  }
}
