import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Changes } from '../changes.js';

/** Revocations that follow the first one within so many ms are answered together. */
const TOGETHER_MS = 200;

interface Generation {
  number: number;
  /** It was raised by this process, so that a proxy's own count must be surpassed. */
  raised: boolean;
  last: number;
  timer?: NodeJS.Timeout;
}

/** How often the connections of a listener or cluster were to be made anew. The first time is at once. */
@Injectable()
export class Generations implements OnApplicationShutdown {
  readonly #all = new Map<string, Generation>();
  readonly #changes = new Changes();

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
      generation.last = performance.now();
      done();
      this.#changes.tell();
    };
    const wait = generation.last + TOGETHER_MS - performance.now();
    if (wait <= 0) raise();
    else generation.timer = setTimeout(raise, wait);
  }

  /** What a proxy has that an agent before this one has served: its connections stay, unless something was raised. */
  adopt(key: string, number: number): void {
    const generation = this.#of(key);
    if (generation.number > number) return;
    generation.number = generation.raised ? number + 1 : number;
  }

  #of(key: string): Generation {
    const known = this.#all.get(key) ?? { number: 0, raised: false, last: Number.NEGATIVE_INFINITY };
    this.#all.set(key, known);
    return known;
  }
}
