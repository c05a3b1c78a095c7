import { Injectable } from '@nestjs/common';
import { Clock } from '@cartulary/runtime';
import { status } from '@grpc/grpc-js';
import type { Peer } from '../attestation/peer.js';
import { StapleKeeper } from '../staple/staple-keeper.js';
import { isServable } from '../trust/trust-state.js';
import { TrustStore } from '../trust/trust-store.js';
import { Refusal } from '../wire/refusal.js';
import { Entitlements } from '../workloads/entitlements.js';
import { SvidKeeper } from '../workloads/svid-keeper.js';
import { certificateSecret, type Secret, stapledSecret, validationSecret } from './secret.js';

/** The names that Envoys of other meshes are configured with, so that they need no change. */
const CERTIFICATE = 'default';
const ANCHORS = 'ROOTCA';

/** What a name of SDS means to the process that asks for it. */
@Injectable()
export class Secrets {
  constructor(
    private readonly entitlements: Entitlements,
    private readonly svids: SvidKeeper,
    private readonly trust: TrustStore,
    private readonly staples: StapleKeeper,
    private readonly clock: Clock,
  ) {}

  onChange(listener: () => void): () => void {
    const ends = [this.svids.onChange(listener), this.trust.onChange(listener), this.staples.onChange(listener)];
    return () => ends.forEach((end) => end());
  }

  /** Undefined: not there yet, it will come. Throws Refusal where this process gets none. */
  find(name: string, peer: Peer): Secret | undefined {
    const identities = this.#identitiesOf(peer);
    if (!identities) return undefined;
    const { state } = this.trust;
    if (name === ANCHORS || (state && name === `spiffe://${state.bundle.trustDomain}`)) {
      // With a CRL that has ended Envoy refuses everybody; with what it has, at most the same.
      return state && isServable(state, this.clock.now()) ? validationSecret(state, name) : undefined;
    }
    const svid = this.svids.find(
      name === CERTIFICATE ? only(identities) : entitled(identities, name, state === undefined),
    );
    // With `ocsp_staple_policy: MUST_STAPLE` Envoy refuses one that has none.
    if (!svid || !this.staples.isSettled(svid)) return undefined;
    const stapled = this.staples.find(svid);
    return stapled ? stapledSecret(stapled, name) : certificateSecret(svid, name);
  }

  #identitiesOf(peer: Peer): readonly string[] | undefined {
    if (!this.entitlements.known) return undefined;
    const identities = this.entitlements.of(peer);
    if (identities.length === 0) throw new Refusal(status.PERMISSION_DENIED, `no identity is registered for ${peer}`);
    return identities;
  }
}

const only = (identities: readonly string[]): string => {
  if (identities.length === 1) return identities[0]!;
  const names = identities.join(', ');
  throw new Refusal(status.FAILED_PRECONDITION, `this process has several identities: name one of ${names}`);
};

const entitled = (identities: readonly string[], name: string, trustUnknown: boolean): string => {
  if (identities.includes(name)) return name;
  // Before the bundle is here, a trust domain's name can't be told from a wrong one.
  if (trustUnknown && /^spiffe:\/\/[^/]+$/.test(name)) return name;
  throw new Refusal(status.PERMISSION_DENIED, `this process may not have ${name.slice(0, 300)}`);
};
