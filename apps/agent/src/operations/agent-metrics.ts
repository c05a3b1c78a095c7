import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Clock, every, Metrics, type Repetition } from '@cartulary/runtime';
import { AuthorityFollower } from '../authority/authority-follower.js';
import { CredentialKeeper } from '../credential/credential-keeper.js';
import { firstEnd, uncovered } from '../trust/trust-state.js';
import { TrustStore } from '../trust/trust-store.js';
import { SvidKeeper } from '../workloads/svid-keeper.js';

const INTERVAL_MS = 1_000;

/** The gauges; they go on moving when nothing comes any more, which is when they matter. */
@Injectable()
export class AgentMetrics implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(AgentMetrics.name);
  readonly #gauges;
  #repetition: Repetition | undefined;

  constructor(
    private readonly follower: AuthorityFollower,
    private readonly credentials: CredentialKeeper,
    private readonly svids: SvidKeeper,
    private readonly trust: TrustStore,
    private readonly clock: Clock,
    metrics: Metrics,
  ) {
    const labels = ['stream'];
    this.#gauges = {
      away: metrics.gauge('agent_authority_away_seconds', { help: 'Since a stream to the CA ended; 0: open', labels }),
      certificates: metrics.gauge('agent_certificates', { help: 'Identities of this node', labels: ['state'] }),
      firstEnd: metrics.gauge('agent_certificate_left_seconds', { help: 'Until the first workload certificate ends' }),
      nodeEnd: metrics.gauge('agent_node_certificate_left_seconds', { help: 'Until the node’s own certificate ends' }),
      overdue: metrics.gauge('agent_renewal_overdue_seconds', {
        help: 'Since the renewal window of a certificate closed that is still in use; 0: of none',
        labels: ['certificate'],
      }),
      crls: metrics.gauge('agent_crls', { help: 'CRLs in use' }),
      crlEnd: metrics.gauge('agent_crl_left_seconds', {
        help: 'Until the first CRL ends and proxies refuse everybody',
      }),
      crlNumber: metrics.gauge('agent_crl_number', { help: 'Number of the CRL in use', labels: ['issuer'] }),
      uncovered: metrics.gauge('agent_uncovered_authorities', {
        help: 'CAs without a CRL: proxies refuse what is below',
      }),
      position: metrics.gauge('agent_trust_position', { help: 'Ledger position that trust is known up to' }),
    };
  }

  onApplicationBootstrap(): void {
    const onError = (error: unknown): void => this.#logger.error(`metrics: ${String(error)}`);
    this.#repetition = every(INTERVAL_MS, () => this.update(), { onError });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#repetition?.stop();
  }

  update(): void {
    const now = this.clock.now();
    const until = (date: Date): number => (date.getTime() - now.getTime()) / 1_000;
    const gauges = this.#gauges;
    for (const stream of ['entitlements', 'trust'] as const) {
      const since = this.follower.awaySince(stream);
      gauges.away.set({ stream }, since ? -until(since) : 0);
    }
    const all = this.svids.all();
    const good = all.flatMap(({ spiffeId }) => this.svids.find(spiffeId) ?? []);
    gauges.certificates.set({ state: 'good' }, good.length);
    gauges.certificates.set({ state: 'missing' }, all.length - good.length);
    gauges.certificates.set({ state: 'not renewed' }, all.filter(({ renewal }) => renewal.failingSince).length);
    if (good.length > 0) gauges.firstEnd.set(Math.min(...good.map(({ notAfter }) => until(notAfter))));
    const node = this.credentials.credential?.certificate;
    if (node) gauges.nodeEnd.set(until(node.notAfter));
    const overdue = (of: readonly { readonly renewUntil: Date }[]): number =>
      Math.max(0, ...of.map(({ renewUntil }) => -until(renewUntil)));
    gauges.overdue.set({ certificate: 'workload' }, overdue(all.flatMap(({ svid }) => svid ?? [])));
    gauges.overdue.set({ certificate: 'node' }, overdue(node ? [node] : []));
    const { state, position } = this.trust;
    if (!state) return;
    const end = firstEnd(state);
    gauges.crls.set(state.crls.length);
    if (end) gauges.crlEnd.set(until(end));
    gauges.crlNumber.reset();
    for (const { issuerId: issuer, number } of state.crls) gauges.crlNumber.set({ issuer }, Number(number));
    gauges.uncovered.set(uncovered(state, now).length);
    gauges.position.set(position);
  }
}
