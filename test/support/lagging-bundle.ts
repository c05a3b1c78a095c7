import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Traffic } from './epochs.js';
import type { Court } from './interop.js';

/** A relying party that looks for the trust bundle now and then: what it has is as old as `lag` allows, and no older. */
export class LaggingParty {
  readonly wrong: string[] = [];
  accepted = 0;
  readonly #copies: { readonly at: number; readonly pem: string }[] = [];
  #running: Promise<unknown> = Promise.resolve();
  #stopped = false;

  constructor(
    private readonly court: Court,
    private readonly traffic: Pick<Traffic, 'good'>,
    /** Milliseconds. */
    private readonly lag: number,
  ) {}

  start(): void {
    this.#running = Promise.all([this.#repeat(async () => void this.#copy()), this.#repeat(() => this.#verify())]);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #repeat(turn: () => Promise<void>): Promise<void> {
    while (!this.#stopped) {
      await turn().catch((error: unknown) => this.wrong.push(String(error)));
      await sleep(20);
    }
  }

  #copy(): { readonly at: number; readonly pem: string } {
    const copy = { at: performance.now(), pem: readFileSync(this.court.service.file('root.crt'), 'utf8') };
    this.#copies.push(copy);
    return copy;
  }

  /** The newest certificate of all, which is the first to be below a new root. */
  async #verify(): Promise<void> {
    const path = this.traffic.good.at(-1);
    if (!path) return;
    const { judge } = this.court;
    const oldest = performance.now() - this.lag;
    const { pem } = this.#copies.find(({ at }) => at >= oldest) ?? this.#copy();
    const { code, said } = await judge.verify(path, undefined, await judge.write('lagging-root.pem', pem));
    if (code === 0) this.accepted++;
    else this.wrong.push(`${path.serial} of ${path.issuerId}: ${said}`);
  }
}
