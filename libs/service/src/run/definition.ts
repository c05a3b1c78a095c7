import type { DynamicModule, INestApplicationContext, Type } from '@nestjs/common';
import type { Config } from '@cartulary/runtime';
import type { DataDirectory } from './data-directory.js';
import type { CertificateSource } from './own-certificates.js';
import type { IssuanceClient } from './issuance-client.js';
import type { SignerRights } from './restricted-signer.js';

/** What is opened for a service. Every one has the settings, the transport and the issuers. */
export interface Needs {
  /** To read and append, and to know its callers. Without it, REST is for health and metrics alone. */
  readonly ledger?: boolean;
  /** The projections' database. */
  readonly projections?: boolean;
  readonly signer?: SignerRights;
}

export interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

/** What a service may keep files of its own in, and how it is configured. */
export interface Own {
  readonly data: DataDirectory;
  readonly config: Config;
}

/** A service that can run by itself; standalone composes the same module. */
export interface ServiceDefinition {
  readonly name: string;
  readonly needs: Needs;
  /** `issuance` calls the service that issues; issuance itself and those that never call it pass it over. */
  module(issuance: IssuanceClient, own: Own): Type | DynamicModule;
  /** What listens besides REST; once the application is up. */
  listen?(app: INestApplicationContext, config: Config): Promise<Listening>;
  /** Issuance gets its own certificates from itself; the others from issuance. */
  certificates?(app: INestApplicationContext): CertificateSource;
}
