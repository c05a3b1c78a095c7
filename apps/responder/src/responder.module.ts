import {
  type ClassProvider,
  type DynamicModule,
  type FactoryProvider,
  Module,
  type ModuleMetadata,
  type ValueProvider,
} from '@nestjs/common';
import { Clock, Metrics } from '@cartulary/runtime';
import { type DataDirectory, Settings } from '@cartulary/service';
import { OcspResponder } from './answer-ocsp/ocsp-responder.js';
import { DelegateFiles } from './delegate/delegate-files.js';
import { Delegations } from './delegate/delegations.js';
import { OcspDelegation } from './delegate/ocsp-delegation.js';
import { ResponderState } from './fold/responder-state.js';
import { StateFollower } from './fold/state-follower.js';
import { PublicRoutes } from './http/public-routes.js';
import { PublicServer } from './http/public-server.js';
import { ReadyReplies } from './http/ready-replies.js';
import { ResponderHealth } from './operations/responder-health.js';
import { ResponderMetrics } from './operations/responder-metrics.js';
import { type SnapshotOptions, Snapshots } from './snapshot/snapshots.js';

type Unnamed<P> = P extends unknown ? Omit<P, 'provide'> : never;

export interface ResponderOptions {
  /** How OCSP-signing certificates are got. */
  readonly delegation: Unnamed<
    ClassProvider<OcspDelegation> | FactoryProvider<OcspDelegation> | ValueProvider<OcspDelegation>
  >;
  /** Where it keeps what it needs for a start while everything else is down, and how often; nowhere unless given. */
  readonly storage?: { readonly data: DataDirectory; readonly snapshotInterval: number };
  /** Modules whose exports `delegation` injects. */
  readonly imports?: NonNullable<ModuleMetadata['imports']>;
}

const HOUR_MS = 3_600_000;

/**
 * CRL, OCSP, AIA and bundle for relying parties, from Transport, Settings, Clock, Metrics and Health alone: no database
 * and no CA key. It has an issuer directory of its own. The public side listens once `PublicServer.start` is called.
 */
@Module({})
export class ResponderModule {
  static with({ delegation, storage, imports = [] }: ResponderOptions): DynamicModule {
    return {
      module: ResponderModule,
      imports,
      providers: [
        { provide: OcspDelegation, ...delegation } as ClassProvider<OcspDelegation>,
        {
          provide: ResponderState,
          inject: [Settings],
          // Beyond its end a certificate is asked about by slow clocks and late logs only, and answers have ended too.
          useFactory: ({ ocsp }: Settings) => new ResponderState(Math.max(HOUR_MS, ocsp.validity)),
        },
        {
          provide: Snapshots,
          inject: [Settings, Clock, Metrics],
          useFactory: ({ trustDomain }: Settings, clock: Clock, metrics: Metrics) =>
            new Snapshots(storage && snapshotOptions(storage, trustDomain), clock, metrics),
        },
        { provide: DelegateFiles, useValue: new DelegateFiles(storage?.data) },
        StateFollower,
        Delegations,
        OcspResponder,
        ReadyReplies,
        PublicRoutes,
        PublicServer,
        ResponderHealth,
        ResponderMetrics,
      ],
      exports: [PublicServer],
    };
  }
}

const snapshotOptions = (
  { data, snapshotInterval: interval }: NonNullable<ResponderOptions['storage']>,
  trustDomain: string,
): SnapshotOptions => ({ path: data.file('responder/state.snapshot'), trustDomain, interval });
