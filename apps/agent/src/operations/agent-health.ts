import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock, Health } from '@cartulary/runtime';
import { AuthorityFollower } from '../authority/authority-follower.js';
import { CredentialKeeper } from '../credential/credential-keeper.js';
import { isServable, uncovered } from '../trust/trust-state.js';
import { TrustStore } from '../trust/trust-store.js';
import { Entitlements } from '../workloads/entitlements.js';
import { SvidKeeper } from '../workloads/svid-keeper.js';

/** Why workloads on this node can't rely on the agent now; the code is what /readyz shows. */
export class AgentNotReadyError extends Error {
  override readonly name = 'AgentNotReadyError';

  constructor(
    readonly code:
      | 'NODE_CERTIFICATE_ENDED'
      | 'TRUST_MISSING'
      | 'CRL_MISSING'
      | 'CRL_EXPIRED'
      | 'ENTITLEMENTS_UNKNOWN'
      | 'CERTIFICATE_MISSING',
  ) {
    super(code);
  }
}

/**
 * Ready: every workload has what it needs, as of now. That the CA is away is told beside, and changes it only once
 * something has ended: until then nobody is worse off.
 */
@Injectable()
export class AgentHealth implements OnApplicationBootstrap {
  constructor(
    private readonly credentials: CredentialKeeper,
    private readonly follower: AuthorityFollower,
    private readonly entitlements: Entitlements,
    private readonly svids: SvidKeeper,
    private readonly trust: TrustStore,
    private readonly clock: Clock,
    private readonly health: Health,
  ) {}

  onApplicationBootstrap(): void {
    this.health.register('agent-node', () => this.#node());
    this.health.register('agent-trust', () => this.#trust());
    this.health.register('agent-certificates', () => this.#certificates());
  }

  #node(): string {
    const certificate = this.credentials.credential?.certificate;
    if (!certificate || certificate.notAfter <= this.clock.now())
      throw new AgentNotReadyError('NODE_CERTIFICATE_ENDED');
    return `until ${certificate.notAfter.toISOString()}`;
  }

  #trust(): string {
    const now = this.clock.now();
    const { state } = this.trust;
    if (!state) throw new AgentNotReadyError('TRUST_MISSING');
    if (state.crls.length === 0) throw new AgentNotReadyError('CRL_MISSING');
    if (!isServable(state, now)) throw new AgentNotReadyError('CRL_EXPIRED');
    const without = uncovered(state, now).length;
    const since = this.follower.awaySince('trust');
    const away = since ? `; the CA is away since ${since.toISOString()}` : '';
    return `${state.crls.length} CRLs${without > 0 ? `, ${without} CAs without one` : ''}${away}`;
  }

  #certificates(): string {
    if (!this.entitlements.known) throw new AgentNotReadyError('ENTITLEMENTS_UNKNOWN');
    const all = this.svids.all();
    if (all.some(({ spiffeId }) => !this.svids.find(spiffeId))) throw new AgentNotReadyError('CERTIFICATE_MISSING');
    const failing = all.flatMap(({ renewal }) => renewal.failingSince ?? []).sort((a, b) => a.getTime() - b.getTime());
    const overdue = failing[0] ? `, ${failing.length} not renewed since ${failing[0].toISOString()}` : '';
    return `${all.length} certificates${overdue}`;
  }
}
