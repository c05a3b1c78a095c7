import { randomUUID } from 'node:crypto';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type Issuer, IssuerNotReadyError, type IssuerPurpose } from '@cartulary/domain';
import { Clock, every, type Repetition } from '@cartulary/runtime';
import { IssuerDirectory, Settings } from '@cartulary/service';
import { IssuerSuccession } from '../activate-issuer/issuer-succession.js';
import { IssuerPreparer } from '../prepare-issuer/issuer-preparer.js';
import { IssuerRetirement } from '../retire-issuer/issuer-retirement.js';
import { EpochBook } from './epoch-book.js';
import { isDue, needsSuccessor } from './is-due.js';

const purposes = ['workload', 'server', 'system'] as const satisfies readonly IssuerPurpose[];
const actor = { id: 'system:rotation', credential: 'system' };

/**
 * Keeps one issuer prepared ahead of each that issues, lets it follow when its time has come, and leads those that issue no
 * more to their end. Every step is decided on the ledger: any number of replicas may do this, and a crash repeats a step.
 */
@Injectable()
export class EpochKeeper implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(EpochKeeper.name);
  #repetition: Repetition | undefined;
  #unlisten: () => void = () => undefined;

  constructor(
    private readonly issuers: IssuerDirectory,
    private readonly preparer: IssuerPreparer,
    private readonly succession: IssuerSuccession,
    private readonly retirement: IssuerRetirement,
    private readonly book: EpochBook,
    private readonly settings: Settings,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    const onError = (error: unknown): void => this.#logger.warn(`epochs: ${String(error)}; trying again`);
    this.#repetition = every(this.settings.rotationInterval, () => this.round(), { onError, immediately: true });
    this.#unlisten = this.issuers.onChange(() => this.#repetition?.wake());
  }

  async onApplicationShutdown(): Promise<void> {
    this.#unlisten();
    await this.#repetition?.stop();
  }

  /** Everything that is due now. One purpose that fails does not keep the others. */
  async round(): Promise<void> {
    const work = [
      () => this.#keepIntermediate(),
      ...purposes.map((purpose) => () => this.#keep(purpose)),
      ...this.issuers
        .all()
        .filter(isEnding)
        .map((issuer) => () => this.retirement.advance(issuer)),
      () => this.preparer.discardOrphans(),
    ];
    const failures: unknown[] = [];
    for (const step of work) await step().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }

  async #keep(purpose: (typeof purposes)[number]): Promise<void> {
    const { current, standby } = this.issuers.line(purpose, this.clock.now());
    if (!current) return;
    if (!standby) {
      await this.preparer.prepare(current);
      return;
    }
    const { certificates } = await this.book.of(current.issuerId);
    if (isDue({ current, standby, certificates }, this.settings, this.clock.now()))
      await this.#follow(current, standby);
  }

  /** One is made once a root has followed another, or when issuers would be cut short; whichever was made takes over. */
  async #keepIntermediate(): Promise<void> {
    const { current, standby } = this.issuers.line('intermediate', this.clock.now());
    if (!current) return;
    if (standby) return this.#follow(current, standby);
    const { current: root } = this.issuers.line('root');
    if (root && needsSuccessor(current, root, this.settings, this.clock.now())) await this.preparer.prepare(current);
  }

  /** When the lead time is over. */
  async #follow(current: Issuer, standby: Issuer): Promise<void> {
    try {
      await this.succession.succeed(current.issuerId, standby.issuerId, { actor, correlationId: randomUUID() });
      this.#logger.log(`${current.purpose}: epoch ${standby.epoch} begins, with issuer ${standby.issuerId}`);
    } catch (error) {
      // Looked at again in the next round.
      if (!(error instanceof IssuerNotReadyError)) throw error;
    }
  }
}

const isEnding = ({ status }: Issuer): boolean =>
  status === 'retiring' || status === 'retired' || status === 'compromised';
