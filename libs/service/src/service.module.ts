import { type DynamicModule, Module } from '@nestjs/common';
import { Ledger } from '@cartulary/ledger';
import { Transport } from '@cartulary/transport';
import { Signer } from '@cartulary/x509';
import { Database } from './database.js';
import { IssuerDirectory } from './issuer-directory.js';
import { LintReports } from './lint-reports.js';
import { Settings } from './settings.js';

/** What a process has opened for its services; each is there for those that need it. */
export interface ServiceResources {
  readonly settings: Settings;
  readonly transport: Transport;
  readonly issuers: IssuerDirectory;
  readonly ledger?: Ledger;
  readonly database?: Database;
  readonly signer?: Signer;
}

/** Gives the services of one process what they share. Who opens the resources also closes them. */
@Module({})
export class ServiceModule {
  static with(resources: ServiceResources): DynamicModule {
    const { settings, transport, issuers, ledger, database, signer } = resources;
    const providers = [
      { provide: Settings, useValue: settings },
      { provide: Transport, useValue: transport },
      { provide: IssuerDirectory, useValue: issuers },
      ...(ledger ? [{ provide: Ledger, useValue: ledger }] : []),
      ...(database ? [{ provide: Database, useValue: database }] : []),
      ...(signer ? [{ provide: Signer, useValue: signer }] : []),
    ];
    return {
      module: ServiceModule,
      global: true,
      providers: [...providers, ...(signer ? [LintReports] : [])],
      exports: providers.map(({ provide }) => provide),
    };
  }
}
