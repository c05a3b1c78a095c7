import { type DynamicModule, Module } from '@nestjs/common';
import { Clock, Health, Metrics, SystemClock } from '@cartulary/runtime';
import { Authority } from './authority/authority.js';
import { AuthorityFollower } from './authority/authority-follower.js';
import { CanaryTrials } from './canary/canary-trials.js';
import { ProvableListeners } from './canary/listeners.js';
import { AGENT_CONFIG, type AgentConfig } from './configuration/agent-configuration.js';
import { AgentFiles } from './configuration/agent-files.js';
import { CredentialKeeper } from './credential/credential-keeper.js';
import { FILE_EXPORTS, type FileExport } from './files/file-export.js';
import { FileExports } from './files/file-exports.js';
import { AgentHealth } from './operations/agent-health.js';
import { AgentMetrics } from './operations/agent-metrics.js';
import { AuthorizationService } from './live/authorization-service.js';
import { Generations } from './live/generations.js';
import { LiveConnections } from './live/live-connections.js';
import { RevokedCertificates } from './live/revoked-certificates.js';
import { Visitors } from './live/visitors.js';
import { emptyMesh, type MeshDescription } from './mesh/mesh-description.js';
import { MESH } from './mesh/mesh-token.js';
import { RulesSource } from './mesh/service-rules.js';
import { ToldRules } from './mesh/told-rules.js';
import { OperationsServer } from './operations/operations-server.js';
import { Deliveries } from './sds/deliveries.js';
import { SdsService } from './sds/sds-service.js';
import { Secrets } from './sds/secrets.js';
import { ServiceRulesStore } from './services/service-rules-store.js';
import { Connections } from './socket/connections.js';
import { WorkloadSocket } from './socket/workload-socket.js';
import { TrustCache } from './trust/trust-cache.js';
import { TrustStore } from './trust/trust-store.js';
import { StapleKeeper } from './staple/staple-keeper.js';
import { WorkloadApiService } from './workload-api/workload-api-service.js';
import { AdsService } from './xds/ads-service.js';
import { Entitlements } from './workloads/entitlements.js';
import { SvidFiles } from './workloads/svid-files.js';
import { SvidKeeper } from './workloads/svid-keeper.js';

export interface AgentOptions {
  readonly config: AgentConfig;
  readonly files: AgentFiles;
  readonly authority: Authority;
  readonly mesh?: MeshDescription;
  /** None by default. */
  readonly exports?: readonly FileExport[];
  /** Instead of what the CA and the description say. */
  readonly rules?: RulesSource;
  readonly clock?: Clock;
  readonly health?: Health;
  readonly metrics?: Metrics;
}

/** All of the agent; nothing happens until `startAgent`. */
@Module({})
export class AgentModule {
  static with({
    config,
    files,
    authority,
    mesh = emptyMesh,
    exports = [],
    rules,
    clock,
    health,
    metrics,
  }: AgentOptions): DynamicModule {
    return {
      module: AgentModule,
      providers: [
        { provide: AGENT_CONFIG, useValue: config },
        { provide: AgentFiles, useValue: files },
        { provide: Authority, useValue: authority },
        { provide: Clock, useValue: clock ?? new SystemClock() },
        { provide: Health, useValue: health ?? new Health() },
        { provide: Metrics, useValue: metrics ?? new Metrics() },
        { provide: MESH, useValue: mesh },
        { provide: FILE_EXPORTS, useValue: exports },
        rules ? { provide: RulesSource, useValue: rules } : { provide: RulesSource, useClass: ToldRules },
        Entitlements,
        TrustStore,
        ServiceRulesStore,
        RevokedCertificates,
        Visitors,
        Generations,
        LiveConnections,
        AuthorizationService,
        AdsService,
        TrustCache,
        SvidFiles,
        SvidKeeper,
        CredentialKeeper,
        AuthorityFollower,
        FileExports,
        StapleKeeper,
        Deliveries,
        ProvableListeners,
        CanaryTrials,
        Secrets,
        Connections,
        SdsService,
        WorkloadApiService,
        WorkloadSocket,
        AgentHealth,
        AgentMetrics,
        OperationsServer,
      ],
    };
  }
}
