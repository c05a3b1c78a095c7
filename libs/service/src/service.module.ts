import { type DynamicModule, Module } from '@nestjs/common';
import { Ledger } from '@cartulary/ledger';
import { Transport } from '@cartulary/transport';
import { Signer } from '@cartulary/x509';
import { Database } from './database.js';
import { IssuerDirectory } from './issuer-directory.js';
import { Settings } from './settings.js';

export interface ServiceResources {
  readonly settings: Settings;
  readonly ledger: Ledger;
  readonly transport: Transport;
  readonly database: Database;
  readonly signer: Signer;
  readonly issuers: IssuerDirectory;
}

/** Gives the services of one process what they share. Who opens the resources also closes them. */
@Module({})
export class ServiceModule {
  static with(resources: ServiceResources): DynamicModule {
    const providers = [
      { provide: Settings, useValue: resources.settings },
      { provide: Ledger, useValue: resources.ledger },
      { provide: Transport, useValue: resources.transport },
      { provide: Database, useValue: resources.database },
      { provide: Signer, useValue: resources.signer },
      { provide: IssuerDirectory, useValue: resources.issuers },
    ];
    return { module: ServiceModule, global: true, providers, exports: providers.map(({ provide }) => provide) };
  }
}
