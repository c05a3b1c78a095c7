import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { IssuerId } from '@cartulary/domain';
import type { RecordedEvent } from '@cartulary/ledger';
import { Clock, inSpan } from '@cartulary/runtime';
import { IssuerDirectory, RevocationLists, revocationListEventTypes, Settings } from '@cartulary/service';
import { type Follower, Transport } from '@cartulary/transport';
import { KeyStoreError } from '@cartulary/x509';
import { Presence } from '../show-enforcement/presence.js';
import { Canaries, canHaveCanaries } from './canaries.js';
import { CanaryBook } from './canary-book.js';
import { type CanaryDue, canaryDue } from './canary-due.js';
import { CrlAuthor, type Publications } from './crl-author.js';
import { type CrlTiming, due, withCanary } from './due.js';

const RETRY_MS = 500;
const CATCH_UP_MS = 20;
const LONGEST_SLEEP_MS = 60_000;
const LONGEST_CAUSE_MS = 5_000;

/**
 * Keeps every issuer's CRL current: on each change (the first of a burst at once, the rest together) and before the
 * last one grows old. Any number of replicas may run: the ledger lets one CRL at a time through.
 */
@Injectable()
export class CrlPublisher implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(CrlPublisher.name);
  readonly #lists = new RevocationLists();
  readonly #folded = new Set<(events: readonly RecordedEvent[]) => void>();
  readonly #busy = new Set<IssuerId>();
  readonly #timers = new Map<IssuerId, NodeJS.Timeout>();
  #follower?: Follower;
  #live = false;
  readonly #book = new CanaryBook();
  #unsubscribe: () => void = () => undefined;

  constructor(
    private readonly transport: Transport,
    private readonly author: CrlAuthor,
    private readonly canaries: Canaries,
    private readonly presence: Presence,
    private readonly issuers: IssuerDirectory,
    private readonly settings: Settings,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.#follower = this.transport.follow({
      name: 'crl-publisher',
      after: 0,
      types: revocationListEventTypes,
      handle: (events) => {
        for (const event of events) {
          this.#lists.apply(event);
          this.#book.apply(event);
        }
        if (this.#live) this.#wakeAll();
        this.#folded.forEach((listener) => listener(events));
      },
    });
    this.#unsubscribe = this.presence.onAsked(() => this.#wakeAll());
    this.#follower.caughtUp.then(
      () => {
        this.#live = true;
        this.#wakeAll();
      },
      () => undefined,
    );
  }

  async onApplicationShutdown(): Promise<void> {
    this.#live = false;
    this.#unsubscribe();
    await this.#follower?.stop();
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  /** What is folded here serves others too: it can be a million entries. */
  get lists(): Pick<RevocationLists, 'issuers' | 'published'> {
    return this.#lists;
  }

  /** The canaries that the CRLs list. */
  get canaryBook(): Pick<CanaryBook, 'listedIn'> {
    return this.#book;
  }

  /** Resolves when everything that was there has been folded. */
  get caughtUp(): Promise<unknown> {
    return this.#follower?.caughtUp ?? Promise.resolve();
  }

  /** Calls back after each batch of events that has been folded; gives what ends that. */
  onFolded(listener: (events: readonly RecordedEvent[]) => void): () => void {
    this.#folded.add(listener);
    return () => this.#folded.delete(listener);
  }

  #wakeAll(): void {
    for (const issuerId of this.#lists.issuers()) this.#wake(issuerId);
  }

  #wake(issuerId: IssuerId): void {
    if (!this.#live || this.#busy.has(issuerId)) return;
    const issuer = this.issuers.find(issuerId);
    // The directory follows by itself and may be a moment behind.
    if (!issuer) return this.#sleep(issuerId, CATCH_UP_MS);
    if (!issuer.keyId) return;
    const publications = {
      issuerId,
      version: this.#lists.version(issuerId),
      prepared: this.#lists.prepared(issuerId),
      published: this.#lists.published(issuerId),
      ending: this.#lists.ending(issuerId),
      // The slowest clock that counts takes a CRL for good this much longer.
      base: this.#lists.deltaBase(issuerId, new Date(this.clock.now().getTime() - this.settings.clockSkew)),
    };
    const { prepared } = publications;
    const now = this.clock.now().getTime();
    const timing = this.#timing();
    const plain = due({ ...publications, changedAt: this.#lists.changedAt(issuerId) }, timing, now);
    const canary = this.#canaryDue(issuerId);
    const next = withCanary(plain, prepared, canary, timing, now);
    if (next.action === 'rest') return;
    if (next.action === 'wait') return this.#sleep(issuerId, next.until - now);
    this.#busy.add(issuerId);
    const work = inSpan(`crl ${next.action}`, { 'cartulary.issuer': issuerId }, () =>
      next.action === 'sign' && prepared
        ? this.author.sign(publications, prepared)
        : this.#prepare(publications, canary !== undefined && now >= canary.from, plain.action === 'prepare'),
    );
    work.then(
      () => {
        this.#busy.delete(issuerId);
        // What was appended, by us or a faster replica, comes back through the fold, which wakes us, unless it came
        // while we were busy.
        if (this.#lists.version(issuerId) > publications.version) this.#wake(issuerId);
        else this.#sleep(issuerId, RETRY_MS);
      },
      (error: unknown) => {
        this.#busy.delete(issuerId);
        this.#logger.warn(`CRL of issuer ${issuerId}: ${String(error)}; trying again`);
        // A root's key may well lie in a safe: it is looked for, but not all the time.
        this.#sleep(issuerId, isKeyAway(error) ? LONGEST_SLEEP_MS : RETRY_MS);
      },
    );
  }

  async #prepare(publications: Publications, withCanary: boolean, withoutToo: boolean): Promise<void> {
    const canary = withCanary ? await this.canaries.make(publications.issuerId) : undefined;
    if (canary || withoutToo) await this.author.prepare(publications, canary);
  }

  #canaryDue(issuerId: IssuerId): CanaryDue | undefined {
    const issuer = this.issuers.find(issuerId);
    return canaryDue({
      asked: this.presence.asked,
      able: issuer !== undefined && canHaveCanaries(issuer) && this.#lists.ending(issuerId).expiredAt === 0,
      published: this.#lists.published(issuerId)?.number ?? 0,
      beside: issuer?.status === 'active' ? this.#besides() : 0,
      newest: this.#book.newest(issuerId),
    });
  }

  /** Of CAs in chains of the mesh that can have no canaries. */
  #besides(): number {
    const others = this.issuers
      .all()
      .filter(
        ({ purpose, status }) =>
          status !== 'retired' && (purpose === 'root' || purpose === 'intermediate' || purpose === 'server'),
      );
    return Math.max(0, ...others.map(({ issuerId }) => this.#lists.published(issuerId)?.number ?? 0));
  }

  #timing(): CrlTiming {
    const { refresh, minInterval, deltas } = this.settings.crl;
    // A delta has the number of a CRL, so they grow old together.
    return { minInterval, refresh: Math.min(refresh, deltas ? deltas.validity / 2 : Infinity) };
  }

  #sleep(issuerId: IssuerId, ms: number): void {
    clearTimeout(this.#timers.get(issuerId));
    if (!this.#live) return;
    const pause = Math.min(Math.max(ms, 1), LONGEST_SLEEP_MS);
    const later = (): NodeJS.Timeout => setTimeout(() => this.#wake(issuerId), pause);
    // After a while a CRL is due by the clock, and no more a part of what woke us last.
    this.#timers.set(issuerId, pause < LONGEST_CAUSE_MS ? later() : context.with(ROOT_CONTEXT, later));
  }
}

const isKeyAway = (error: unknown): boolean =>
  error instanceof KeyStoreError && error.code === 'KEYSTORE_KEY_NOT_FOUND';
