import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Changes } from '../changes.js';

/** The first ones are answered at once, each; those that follow sooner than one in so many ms, together. */
const AT_ONCE = 4;
const EVERY_MS = 100;

interface Generation {
  number: number;
  /** It was raised by this process, so that a proxy's own count must be surpassed. */
  raised: boolean;
  /** When all that was raised would have been, at one in EVERY_MS. */
  paid: number;
  timer?: NodeJS.Timeout;
}

/** How often the connections of a listener or cluster were to be made anew. */
@Injectable()
export class Generations implements OnApplicationShutdown {
  readonly #all = new Map<string, Generation>();
  readonly #changes = new Changes();
  #telling = false;

  onApplicationShutdown(): void {
    for (const { timer } of this.#all.values()) clearTimeout(timer);
  }

  onChange(listener: () => void): () => void {
    return this.#changes.on(listener);
  }

  of(key: string): number {
    return this.#all.get(key)?.number ?? 0;
  }

  /** `done` is called when it has happened. */
  raise(key: string, done: () => void = () => undefined): void {
    const generation = this.#of(key);
    if (generation.timer) return;
    const raise = (): void => {
      delete generation.timer;
      generation.number += 1;
      generation.raised = true;
      generation.paid = Math.max(generation.paid, performance.now()) + EVERY_MS;
      done();
      this.#tell();
    };
    const wait = generation.paid - (AT_ONCE - 1) * EVERY_MS - performance.now();
    if (wait <= 0) raise();
    else generation.timer = setTimeout(raise, wait);
  }

  /** One revocation raises several: proxies hear of them in one message. */
  #tell(): void {
    if (this.#telling) return;
    this.#telling = true;
    queueMicrotask(() => {
      this.#telling = false;
      this.#changes.tell();
    });
  }

  /** What a proxy has that an agent before this one has served: its connections stay, unless something was raised. */
  adopt(key: string, number: number): void {
    const generation = this.#of(key);
    if (generation.number > number) return;
    generation.number = generation.raised ? number + 1 : number;
  }

  #of(key: string): Generation {
    const known = this.#all.get(key) ?? { number: 0, raised: false, paid: Number.NEGATIVE_INFINITY };
    this.#all.set(key, known);
    return known;
  }
}
