import { Injectable } from '@nestjs/common';
import type { ServiceRules } from '../mesh/service-rules.js';
import { Changes } from '../changes.js';

/** What the CA has said of the services that this node's identities run or may call; the last of it while it is away. */
@Injectable()
export class ServiceRulesStore {
  readonly #changes = new Changes();
  #all: readonly ServiceRules[] | undefined;

  /** In the order of their names; undefined: nothing has been heard yet, which is not the same as no rules. */
  get all(): readonly ServiceRules[] | undefined {
    return this.#all;
  }

  onChange(listener: () => void): () => void {
    return this.#changes.on(listener);
  }

  replace(all: readonly ServiceRules[]): void {
    const same = JSON.stringify(all) === JSON.stringify(this.#all);
    this.#all = all;
    if (!same) this.#changes.tell();
  }
}
