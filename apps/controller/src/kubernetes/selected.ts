import type { KubernetesObject } from '@kubernetes/client-node';
import { Reflector, type ReflectorOptions } from './reflector.js';

export interface SelectedOptions<T extends KubernetesObject, Facts> extends Omit<ReflectorOptions<T, Facts>, 'path'> {
  /** `/api/v1`. */
  readonly group: string;
  /** `serviceaccounts`. */
  readonly resource: string;
  /** Each is watched by itself, with rights in these alone; absent: all of the cluster in one watch. */
  readonly namespaces?: readonly string[];
}

/** Objects of one kind, in the whole cluster or in some namespaces. */
export class Selected<T extends KubernetesObject, Facts> {
  readonly #reflectors: ReadonlyMap<string, Reflector<T, Facts>>;

  constructor({ group, resource, namespaces, ...options }: SelectedOptions<T, Facts>) {
    const reflector = (path: string): Reflector<T, Facts> => new Reflector({ ...options, path });
    this.#reflectors = new Map(
      namespaces
        ? namespaces.map((name) => [name, reflector(`${group}/namespaces/${name}/${resource}`)])
        : [['', reflector(`${group}/${resource}`)]],
    );
  }

  get(key: string): Facts | undefined {
    return this.#of(key)?.get(key);
  }

  *keys(): Generator<string> {
    for (const reflector of this.#reflectors.values()) yield* reflector.keys();
  }

  take(object: T): void {
    this.#of(`${object.metadata?.namespace ?? ''}/`)?.take(object);
  }

  drop(key: string): void {
    this.#of(key)?.drop(key);
  }

  get listed(): boolean {
    return [...this.#reflectors.values()].every(({ listed }) => listed);
  }

  /** The first failure of those that hear nothing now. */
  get failure(): Error | undefined {
    return [...this.#reflectors.values()].find(({ failure }) => failure !== undefined)?.failure;
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#reflectors.values()].map((reflector) => reflector.run(signal)));
  }

  #of(key: string): Reflector<T, Facts> | undefined {
    return this.#reflectors.get('') ?? this.#reflectors.get(key.slice(0, key.indexOf('/')));
  }
}
