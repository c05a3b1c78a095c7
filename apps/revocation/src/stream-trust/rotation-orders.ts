import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { RotationMessage } from '@cartulary/contracts';
import type { NodeName, RotationCompleted, RotationId, RotationOrdered } from '@cartulary/domain';
import type { RecordedEvent } from '@cartulary/ledger';
import { Database, protoTime } from '@cartulary/service';
import { type Follower, Transport } from '@cartulary/transport';
import { conditionsOf } from '../enumerate-incident/conditions.js';

const CATCH_UP_MS = 100;
const RETRY_MS = 5_000;
const TO = 'SELECT position::float8 FROM projections.revocation_position';

interface Order {
  readonly position: number;
  readonly data: RotationOrdered['data'];
  byNode?: ReadonlyMap<string, RotationMessage>;
}

/** Which certificates of which nodes an order means, so that agents renew them in its window without asking. */
@Injectable()
export class RotationOrders implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(RotationOrders.name);
  readonly #open = new Map<RotationId, Order>();
  readonly #listeners = new Set<() => void>();
  #follower?: Follower;
  #working: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(
    private readonly transport: Transport,
    private readonly database: Database,
  ) {}

  onApplicationBootstrap(): void {
    this.#follower = this.transport.follow({
      name: 'rotation-orders',
      after: 0,
      types: ['RotationOrdered', 'RotationCompleted'],
      handle: (events) => {
        events.forEach((event) => this.#apply(event));
        this.#next();
      },
    });
    // Rejects when it is stopped before: there is nobody to tell.
    this.#follower.caughtUp.catch(() => undefined);
  }

  async onApplicationShutdown(): Promise<void> {
    this.#stopped = true;
    await this.#follower?.stop();
    await this.#working;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Those under way that mean certificates of the node. */
  of(node: NodeName): readonly RotationMessage[] {
    return [...this.#open.values()].flatMap(({ byNode }) => byNode?.get(node) ?? []);
  }

  #apply({ type, data, position }: RecordedEvent): void {
    const { rotationId, window } = data as unknown as RotationOrdered['data'] & RotationCompleted['data'];
    if (type === 'RotationCompleted') this.#open.delete(rotationId);
    // Without a window: certificates whose own windows have opened, which agents see for themselves.
    else if (window) this.#open.set(rotationId, { position, data: data as unknown as RotationOrdered['data'] });
  }

  #next(): void {
    this.#working = this.#working.then(() => this.#spell());
  }

  async #spell(): Promise<void> {
    for (const order of [...this.#open.values()].filter(({ byNode }) => !byNode)) {
      try {
        await this.#reached(order.position);
        if (this.#stopped) return;
        order.byNode = await this.#nodes(order);
        this.#listeners.forEach((listener) => listener());
      } catch (error) {
        this.#logger.warn(`agents are not told of the rotation ${order.data.rotationId}: ${String(error)}`);
        if (!this.#stopped) setTimeout(() => this.#next(), RETRY_MS).unref();
      }
    }
  }

  /** What incidents are enumerated from has to have every certificate that was issued before the order. */
  async #reached(position: number): Promise<void> {
    while (!this.#stopped) {
      const [row] = await this.database.query<{ position: number }>(TO);
      if ((row?.position ?? 0) >= position) return;
      await new Promise((resolve) => setTimeout(resolve, CATCH_UP_MS));
    }
  }

  async #nodes({ position, data }: Order): Promise<ReadonlyMap<string, RotationMessage>> {
    const { rotationId, selector, window } = data;
    if (!window || 'due' in selector) return new Map();
    const { sql, values } = conditionsOf(selector, 2);
    const rows = await this.database.query<{ node: string; serials: string[] }>(
      `SELECT node, array_agg(serial ORDER BY position) AS serials FROM projections.revocation_certificates
       WHERE position < $1 AND node IS NOT NULL AND status = 'a' AND not_after > clock_timestamp() AND ${sql}
       GROUP BY node`,
      [position, ...values],
    );
    const times = { from: protoTime(window.start), until: protoTime(window.end) };
    return new Map(rows.map(({ node, serials }) => [node, { rotationId, serials, ...times }]));
  }
}
