import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Metrics } from '@cartulary/runtime';
import type { Inbound, MeshDescription } from '../mesh/mesh-description.js';
import { RulesSource } from '../mesh/service-rules.js';
import { MESH } from '../mesh/mesh-token.js';
import { inboundName, keyOf, outboundName } from '../xds/resources.js';
import { Generations } from './generations.js';
import { type NewlyRevoked, RevokedCertificates } from './revoked-certificates.js';
import { Visitors } from './visitors.js';

/**
 * Ends what was opened with a certificate that is revoked now. Inbound: at listeners that the certificate has come to.
 * Outbound: to services that its identity runs; to all where only the serial is known.
 */
@Injectable()
export class LiveConnections implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(LiveConnections.name);
  readonly #raised;
  #unsubscribe: (() => void) | undefined;

  constructor(
    private readonly revoked: RevokedCertificates,
    private readonly visitors: Visitors,
    private readonly generations: Generations,
    private readonly rules: RulesSource,
    @Inject(MESH) private readonly mesh: MeshDescription,
    metrics: Metrics,
  ) {
    this.#raised = metrics.counter('agent_connections_renewed_total', {
      help: 'Listeners and clusters whose connections were made anew after a revocation',
      labels: ['direction'],
    });
  }

  onApplicationBootstrap(): void {
    this.#unsubscribe = this.revoked.onRevoked((some) => this.#cutOff(some));
  }

  onApplicationShutdown(): void {
    this.#unsubscribe?.();
  }

  #cutOff(some: readonly NewlyRevoked[]): void {
    for (const workload of this.mesh.workloads) {
      for (const inbound of workload.inbound) {
        // Each request is asked about, and those under way end by themselves.
        if (inbound.longestRequest !== undefined) continue;
        const key = keyOf(workload, inboundName(inbound));
        const came = some.some(({ certificate }) => this.visitors.mayHave(key, certificate));
        if (!came && knowsVisitors(inbound)) continue;
        this.#raise('inbound', key, () => this.visitors.sentAway(key));
      }
      for (const outbound of workload.outbound) {
        const runs = this.rules.find(outbound.service)?.runs ?? [];
        const hit = some.some(({ spiffeId }) => spiffeId === undefined || runs.includes(spiffeId));
        if (hit) this.#raise('outbound', keyOf(workload, outboundName(outbound)));
      }
    }
  }

  #raise(direction: 'inbound' | 'outbound', key: string, done?: () => void): void {
    this.generations.raise(key, () => {
      done?.();
      this.#raised.inc({ direction });
      this.#logger.log(`${key}: a certificate was revoked, its connections are made anew`);
    });
  }
}

/** Nobody comes in unseen: not while the agent doesn't answer, nor by saying nothing to a workload that speaks first. */
const knowsVisitors = ({ protocol, speaksFirst, withoutAgent }: Inbound): boolean =>
  withoutAgent === 'closed' && (protocol === 'http' || speaksFirst === 'client');
