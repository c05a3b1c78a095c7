import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { IssuerId, IssuerStatus } from '@cartulary/domain';
import { Clock, Health } from '@cartulary/runtime';
import { Settings } from '@cartulary/service';
import { Delegations } from '../delegate/delegations.js';
import { ResponderState } from '../fold/responder-state.js';

/** Why a replica should get no requests now; the code is what /readyz shows. */
export class ResponderNotReadyError extends Error {
  constructor(
    readonly code: 'CATCHING_UP' | 'CUT_OFF' | 'CRL_MISSING' | 'CRL_EXPIRED' | 'OCSP_DELEGATION_MISSING',
    message: string,
  ) {
    super(message);
  }
}

/** Ready: knows all events up to a time that answers may still rest on, and has what every issuer needs. */
@Injectable()
export class ResponderHealth implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #unregister: (() => void)[] = [];

  constructor(
    private readonly state: ResponderState,
    private readonly delegations: Delegations,
    private readonly settings: Settings,
    private readonly clock: Clock,
    private readonly health: Health,
  ) {}

  onApplicationBootstrap(): void {
    this.#unregister.push(
      this.health.register('responder-state', () => this.checkState()),
      this.health.register('responder-crls', () => this.checkCrls()),
      this.health.register('responder-delegations', () => this.checkDelegations()),
    );
  }

  onApplicationShutdown(): void {
    for (const unregister of this.#unregister) unregister();
  }

  checkState(): string {
    const { asOf, position } = this.state;
    if (!asOf) throw new ResponderNotReadyError('CATCHING_UP', 'the events have not been read to their end yet');
    const age = this.clock.now().getTime() - asOf.getTime();
    if (age >= this.settings.ocsp.validity) throw new ResponderNotReadyError('CUT_OFF', `no news for ${age} ms`);
    return `at position ${position}`;
  }

  checkCrls(): string {
    const now = this.clock.now();
    const issuers = this.state.issuers
      .signing()
      .filter(({ issuerId, status }) => isRelied(status) && now < this.#end(issuerId));
    for (const { issuerId } of issuers) {
      const crl = this.state.crls.find(issuerId);
      if (!crl) throw new ResponderNotReadyError('CRL_MISSING', `no CRL of issuer ${issuerId}`);
      if (now >= crl.nextUpdate) throw new ResponderNotReadyError('CRL_EXPIRED', `the CRL of ${issuerId} has expired`);
    }
    return `${issuers.length} issuers`;
  }

  checkDelegations(): string {
    const now = this.clock.now();
    const wanted = this.delegations.wanted(now).filter(({ status }) => isRelied(status));
    const without = wanted.find(({ issuerId }) => !this.delegations.find(issuerId, now));
    if (without) throw new ResponderNotReadyError('OCSP_DELEGATION_MISSING', `none for issuer ${without.issuerId}`);
    return `${wanted.length} issuers`;
  }

  #end(issuerId: IssuerId): Date {
    return this.state.issuers.facts(issuerId).notAfter;
  }
}

/** Nobody asks yet about the certificates of an issuer that was prepared ahead; of one that was cut off, the parent says. */
const isRelied = (status: IssuerStatus): boolean => status !== 'prepared' && status !== 'compromised';
