import { Injectable } from '@nestjs/common';

const MOST = 100_000;

interface Visited {
  /** False: connections from before this agent's time may be open, or there were too many to remember. */
  complete: boolean;
  readonly certificates: Set<string>;
}

/** Which certificates may have something open at a listener: those that came since its chain was last made anew. */
@Injectable()
export class Visitors {
  readonly #listeners = new Map<string, Visited>();

  record(listener: string, certificate: string): void {
    const visited = this.#of(listener);
    if (visited.certificates.size < MOST) visited.certificates.add(certificate);
    else visited.complete = false;
  }

  mayHave(listener: string, certificate: string): boolean {
    const { complete, certificates } = this.#of(listener);
    return !complete || certificates.has(certificate);
  }

  /** All that was open there has been closed. */
  sentAway(listener: string): void {
    this.#listeners.set(listener, { complete: true, certificates: new Set() });
  }

  #of(listener: string): Visited {
    const known = this.#listeners.get(listener) ?? { complete: false, certificates: new Set<string>() };
    this.#listeners.set(listener, known);
    return known;
  }
}
