import { Injectable } from '@nestjs/common';
import type { Entitlement } from '../authority/authority.js';
import { fits } from '../attestation/fits.js';
import type { Peer } from '../attestation/peer.js';
import { Changes } from '../changes.js';

/** Which identities are this node's, and whose. */
@Injectable()
export class Entitlements {
  readonly #changes = new Changes();
  #all: readonly Entitlement[] | undefined;

  /** False: nothing has been heard yet, so that nobody can be refused. */
  get known(): boolean {
    return this.#all !== undefined;
  }

  get all(): readonly Entitlement[] {
    return this.#all ?? [];
  }

  onChange(listener: () => void): () => void {
    return this.#changes.on(listener);
  }

  replace(all: readonly Entitlement[]): void {
    this.#all = all;
    this.#changes.tell();
  }

  /** The identities of a process, in the order of their names; suspended ones are nobody's. */
  of(peer: Peer): readonly string[] {
    return this.all
      .filter(({ suspended, selectors }) => !suspended && selectors.some((selector) => fits(selector, peer)))
      .map(({ spiffeId }) => spiffeId)
      .sort();
  }
}
