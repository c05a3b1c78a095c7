import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { CanaryMessage } from '@cartulary/contracts';
import { type CertificateIssued, certificateStream, type IssuerId } from '@cartulary/domain';
import { Ledger } from '@cartulary/ledger';
import { Database, IssuerDirectory } from '@cartulary/service';
import type { ListedCanary } from '../publish-crl/canary-book.js';
import { canHaveCanaries } from '../publish-crl/canaries.js';
import { CrlPublisher } from '../publish-crl/crl-publisher.js';
import { Presence } from '../show-enforcement/presence.js';

const RETRY_MS = 1_000;
const KEY = 'SELECT private_key FROM projections.revocation_canaries WHERE serial = $1';

/** The newest canary of each issuer that its published CRL lists, with its key: what agents try. */
@Injectable()
export class CanaryFeed implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(CanaryFeed.name);
  readonly #canaries = new Map<IssuerId, CanaryMessage & { readonly serial: string }>();
  readonly #listeners = new Set<() => void>();
  readonly #ends: (() => void)[] = [];
  #reading: Promise<void> = Promise.resolve();
  #timer?: NodeJS.Timeout;
  #live = false;

  constructor(
    private readonly publisher: CrlPublisher,
    private readonly presence: Presence,
    private readonly issuers: IssuerDirectory,
    private readonly ledger: Ledger,
    private readonly database: Database,
  ) {}

  onApplicationBootstrap(): void {
    this.#ends.push(
      this.publisher.onFolded((events) => {
        if (events.some(({ type }) => type === 'CrlPublished')) this.#next();
      }),
      this.presence.onAsked(() => this.#next()),
    );
    this.publisher.caughtUp.then(
      () => {
        this.#live = true;
        this.#next();
      },
      () => undefined,
    );
  }

  async onApplicationShutdown(): Promise<void> {
    this.#live = false;
    clearTimeout(this.#timer);
    this.#ends.forEach((end) => end());
    await this.#reading;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  all(): readonly CanaryMessage[] {
    return [...this.#canaries.values()];
  }

  #next(): void {
    if (!this.#live || !this.presence.asked) return;
    clearTimeout(this.#timer);
    this.#reading = this.#reading
      .then(() => this.#read())
      .catch((error: unknown) => {
        this.#logger.warn(`canaries are not given to agents: ${String(error)}`);
        if (this.#live) this.#timer = setTimeout(() => this.#next(), RETRY_MS).unref();
      });
  }

  async #read(): Promise<void> {
    const { lists, canaryBook } = this.publisher;
    let changed = false;
    for (const issuerId of lists.issuers()) {
      const published = lists.published(issuerId);
      const issuer = this.issuers.find(issuerId);
      const listed = issuer && canHaveCanaries(issuer) && published && canaryBook.listedIn(issuerId, published.number);
      if (!listed) this.#canaries.delete(issuerId);
      else if (this.#canaries.get(issuerId)?.serial !== listed.serial)
        changed = (await this.#load(issuerId, listed)) || changed;
    }
    if (changed) this.#listeners.forEach((listener) => listener());
  }

  /** False where its key is gone: another one comes with the next CRL. */
  async #load(issuerId: IssuerId, { serial, number }: ListedCanary): Promise<boolean> {
    const [row] = await this.database.query<{ private_key: Buffer }>(KEY, [serial]);
    const { events } = await this.ledger.readStream(certificateStream(serial));
    const issued = events[0]?.data as CertificateIssued['data'] | undefined;
    if (!row || !issued) return false;
    const chain = [Buffer.from(issued.certificate, 'base64'), ...this.issuers.chain(issuerId)];
    this.#canaries.set(issuerId, { issuerId, number, chain, privateKey: row.private_key, serial });
    return true;
  }
}
