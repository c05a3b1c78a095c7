import { type CartularyClient, followEvents } from '@cartulary/client';
import type { LedgerEvent } from '@cartulary/contracts';
import { backoff, type Clock, type Logger } from '@cartulary/runtime';
import type { IssuanceClient } from '@cartulary/service';
import type { CertificateRegistry } from './certificate-registry.js';

export interface FeedOptions {
  readonly inventory: Pick<IssuanceClient, 'call'>;
  readonly registry: CertificateRegistry;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'warn'>;
  /** Every event, after the registry has it. */
  readonly onEvent?: (event: LedgerEvent) => void;
}

const PAGE = 1_000;

/**
 * Fills the registry and keeps it current. Nothing is stored: a start reads the live certificates as of a position, and
 * follows the ledger from there; an interruption goes on at the last position.
 */
export class RegistryFeed {
  #position = 0;
  /** `performance.now()` of the last answer. */
  #heardAt = 0;

  constructor(private readonly options: FeedOptions) {}

  /** Milliseconds since the inventory answered last. */
  get silence(): number {
    return performance.now() - this.#heardAt;
  }

  get position(): number {
    return this.#position;
  }

  /** Reads what is live; the list's first page says from where the events are needed. */
  async load(signal: AbortSignal): Promise<void> {
    const { inventory, registry, clock } = this.options;
    let from: number | undefined;
    for (const status of ['active', 'held'] as const) {
      let cursor: string | undefined;
      do {
        const query = {
          ...{ profile: 'workload' as const, status, limit: PAGE, expiresAfter: clock.now().toISOString() },
          ...(cursor === undefined ? {} : { cursor }),
        };
        const page = await inventory.call((client) => client.listCertificates({ query, signal }));
        for (const certificate of page.certificates) registry.putView(certificate);
        from = Math.min(from ?? page.position, page.position);
        cursor = page.nextCursor;
      } while (cursor !== undefined);
    }
    this.#position = from ?? 0;
    this.#heardAt = performance.now();
  }

  /** Until the signal; what fails is tried again from where it was. */
  async follow(signal: AbortSignal): Promise<void> {
    const { logger } = this.options;
    const pause = backoff({ minMs: 200, maxMs: 10_000 });
    while (!signal.aborted) {
      try {
        for await (const event of followEvents(this.#source(), { after: this.#position, signal })) {
          this.options.registry.apply(event);
          this.#position = event.position;
          pause.reset();
          this.options.onEvent?.(event);
        }
      } catch (err) {
        if (signal.aborted) return;
        logger.warn({ err, position: this.#position }, 'events are not heard; trying again');
        await pause.wait(signal).catch(() => undefined);
      }
    }
  }

  #source(): Pick<CartularyClient, 'listEvents'> {
    return {
      listEvents: async (...args) => {
        const page = await this.options.inventory.call((client) => client.listEvents(...args));
        this.#heardAt = performance.now();
        return page;
      },
    };
  }
}
