import { Global, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AccessGuard } from './access.guard.js';
import { Authenticator } from './authenticator.js';
import { CredentialStates } from './credential-states.js';

/** Guards every route of the application that imports it. Needs Ledger and Clock. */
@Global()
@Module({
  providers: [CredentialStates, Authenticator, { provide: APP_GUARD, useClass: AccessGuard }],
  exports: [Authenticator, CredentialStates],
})
export class AccessModule {}
