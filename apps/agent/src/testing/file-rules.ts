import { Changes } from '../changes.js';
import { RulesSource, type ServiceRules } from '../mesh/service-rules.js';

/** Rules that a test replaces. */
export class FileRules extends RulesSource {
  readonly #changes = new Changes();
  #rules: ReadonlyMap<string, ServiceRules>;

  constructor(rules: readonly ServiceRules[]) {
    super();
    this.#rules = byService(rules);
  }

  find(service: string): ServiceRules | undefined {
    return this.#rules.get(service);
  }

  onChange(listener: () => void): () => void {
    return this.#changes.on(listener);
  }

  replace(rules: readonly ServiceRules[]): void {
    this.#rules = byService(rules);
    this.#changes.tell();
  }
}

const byService = (rules: readonly ServiceRules[]): ReadonlyMap<string, ServiceRules> =>
  new Map(rules.map((each) => [each.service, each]));
