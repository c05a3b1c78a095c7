import { randomUUID } from 'node:crypto';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { RecordedEvent } from '@cartulary/ledger';
import { every, type Repetition } from '@cartulary/runtime';
import { type Consumer, Transport } from '@cartulary/transport';
import { Build, type Feed } from './build.js';
import { type Generation, Generations } from './generations.js';
import { Progress } from './progress.js';
import { Projector, SupersededError } from './projector.js';
import { PROJECTION_VERSION } from './rows.js';

const LOOK_MS = 1_000;

/**
 * Keeps this process's part of every generation: feeds those that are asked or will be, builds the next one where nobody
 * else does, drops those that are over. Every replica has one; what they must not do twice, the database settles.
 */
@Injectable()
export class GenerationKeeper implements OnApplicationBootstrap, OnApplicationShutdown, Feed {
  readonly #logger = new Logger(GenerationKeeper.name);
  readonly #id = randomUUID();
  readonly #consumers = new Map<number, Consumer>();
  readonly #stopping = new AbortController();
  #looking?: Repetition;
  #building: Promise<void> | undefined;

  constructor(
    private readonly generations: Generations,
    private readonly transport: Transport,
    private readonly projector: Projector,
    private readonly progress: Progress,
    private readonly build: Build,
  ) {}

  onApplicationBootstrap(): void {
    const onError = (error: unknown): void => this.#logger.warn(`generations: ${String(error)}`);
    this.#looking = every(LOOK_MS, () => this.#look(), { onError, immediately: true });
  }

  async onApplicationShutdown(): Promise<void> {
    this.#stopping.abort();
    await this.#looking?.stop();
    await this.#building;
    await Promise.all([...this.#consumers.values()].map((consumer) => consumer.stop()));
  }

  /** Looks at once: something has changed. */
  wake(): void {
    this.#looking?.wake();
  }

  active(generation: number): boolean {
    return this.#consumers.get(generation)?.active() ?? false;
  }

  async #look(): Promise<void> {
    const current = await this.generations.current();
    if (this.#stopping.signal.aborted) return;
    await this.#feed(current);
    const next = current.find(({ status }) => status === 'building' || status === 'following');
    const active = current.find(({ status }) => status === 'active');
    if (next) this.#ensureBuilt(next);
    else if (active && active.version < PROJECTION_VERSION) await this.#renew(current);
    for (const { generation, status } of current) {
      if (status === 'retired' || status === 'failed') await this.#drop(generation);
    }
  }

  /** Consumers for what is asked and for what is about to be; a release before that one's leaves it alone. */
  async #feed(current: readonly Generation[]): Promise<void> {
    const fed = current.filter(
      ({ status, version }) => (status === 'active' || status === 'following') && version <= PROJECTION_VERSION,
    );
    for (const each of fed) if (!this.#consumers.has(each.generation)) this.#start(each);
    const active = fed.find(({ status }) => status === 'active');
    this.progress.attach(active && this.#consumers.get(active.generation));
    for (const [generation, consumer] of this.#consumers) {
      if (fed.some((each) => each.generation === generation)) continue;
      this.#consumers.delete(generation);
      await consumer.stop();
    }
  }

  #start({ generation, builtTo }: Generation): void {
    const consumer = this.transport.consume({
      group: `inventory-${generation}`,
      // A new group may get what came before all the same.
      after: builtTo,
      handle: (events) => this.#handle(generation, builtTo, events),
    });
    this.#consumers.set(generation, consumer);
  }

  async #handle(generation: number, builtTo: number, all: readonly RecordedEvent[]): Promise<void> {
    const events = all.filter(({ position }) => position > builtTo);
    const last = events.reduce((most, { position }) => Math.max(most, position), 0);
    if (last === 0) return;
    try {
      if ((await this.projector.handle(generation, events)) === 'active') this.progress.handled(last);
    } catch (error) {
      if (error instanceof SupersededError) this.wake();
      throw error;
    }
  }

  #ensureBuilt(next: Generation): void {
    this.#building ??= this.#run(next).finally(() => (this.#building = undefined));
  }

  async #run({ generation }: Generation): Promise<void> {
    try {
      const claimed = await this.generations.claim(generation, this.#id);
      if (!claimed) return;
      await this.build.run(claimed, this.#id, this, this.#stopping.signal);
      this.wake();
    } catch (error) {
      if (!this.#stopping.signal.aborted) this.#logger.warn(`building was interrupted: ${String(error)}`);
      await this.generations.release(generation, this.#id).catch(() => undefined);
    }
  }

  /** What it shows has changed with the code. What could not be built by this code is not tried for ever. */
  async #renew(current: readonly Generation[]): Promise<void> {
    if (current.some(({ status }) => status === 'failed')) return;
    const [newest] = await this.generations.records(1);
    if (newest?.status === 'failed' && newest.version >= PROJECTION_VERSION) return;
    await this.generations.begin({ version: PROJECTION_VERSION, reason: 'version', startedBy: 'inventory' });
    this.wake();
  }

  async #drop(generation: number): Promise<void> {
    try {
      await this.generations.drop(generation);
    } catch (error) {
      this.#logger.warn(`generation ${generation} could not be dropped yet: ${String(error)}`);
    }
  }
}
