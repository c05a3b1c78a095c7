import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { IdentityPlaced, NodeName, PlacementEvent, SpiffeId } from '@cartulary/domain';
import type { RecordedEvent } from '@cartulary/ledger';
import { type Follower, Transport } from '@cartulary/transport';
import { GrpcServer } from './grpc-server.js';

const types = ['IdentityPlaced', 'IdentityDisplaced', 'IdentitySuspended', 'IdentityReinstated'] as const;

export type Placed = IdentityPlaced['data'] & { readonly position: number };

type Folded = (PlacementEvent | { type: 'IdentitySuspended' | 'IdentityReinstated'; data: { identity: SpiffeId } }) & {
  readonly position: number;
};

/** Which identities are placed on which nodes, and which are suspended; folded from the events. */
@Injectable()
export class Placements implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #byNode = new Map<NodeName, Map<SpiffeId, Placed>>();
  readonly #nodesOf = new Map<SpiffeId, Set<NodeName>>();
  readonly #suspended = new Set<SpiffeId>();
  readonly #listeners = new Map<NodeName, Set<() => void>>();
  #follower?: Follower;
  #position = 0;

  constructor(
    private readonly transport: Transport,
    private readonly server: GrpcServer,
  ) {}

  onApplicationBootstrap(): void {
    // A process without a gRPC service, such as the inventory, has no use for it.
    if (this.server.empty) return;
    const handle = (events: readonly RecordedEvent[]): void => events.forEach((event) => this.apply(event));
    this.#follower = this.transport.follow({ name: 'placements', after: 0, types, handle });
    // Rejects when it is stopped before: there is nobody to tell.
    this.#follower.caughtUp.catch(() => undefined);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#follower?.stop();
  }

  /** Resolves when everything that was there has been folded. */
  get caughtUp(): Promise<unknown> {
    return this.#follower?.caughtUp ?? Promise.resolve();
  }

  /** Of the newest event that is in. */
  get position(): number {
    return this.#position;
  }

  on(node: NodeName): readonly Placed[] {
    return [...(this.#byNode.get(node)?.values() ?? [])];
  }

  /** Of one identity, by the nodes' names. */
  of(identity: SpiffeId): readonly Placed[] {
    const nodes = [...(this.#nodesOf.get(identity) ?? [])].sort();
    return nodes.flatMap((node) => this.#byNode.get(node)?.get(identity) ?? []);
  }

  isSuspended(identity: SpiffeId): boolean {
    return this.#suspended.has(identity);
  }

  /** Calls back when something of the node has changed; gives what ends that. */
  onChange(node: NodeName, listener: () => void): () => void {
    const listeners = this.#listeners.get(node) ?? new Set();
    this.#listeners.set(node, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(node) === listeners) this.#listeners.delete(node);
    };
  }

  apply(recorded: Pick<RecordedEvent, 'type' | 'data' | 'position'>): void {
    const event = recorded as unknown as Folded;
    const { identity } = event.data;
    this.#position = event.position;
    switch (event.type) {
      case 'IdentityPlaced': {
        const { node } = event.data;
        const there = this.#byNode.get(node) ?? new Map<SpiffeId, Placed>();
        this.#byNode.set(node, there.set(identity, { ...event.data, position: event.position }));
        this.#nodesOf.set(identity, (this.#nodesOf.get(identity) ?? new Set()).add(node));
        return this.#tell([node]);
      }
      case 'IdentityDisplaced': {
        const { node } = event.data;
        this.#byNode.get(node)?.delete(identity);
        if (this.#byNode.get(node)?.size === 0) this.#byNode.delete(node);
        this.#nodesOf.get(identity)?.delete(node);
        if (this.#nodesOf.get(identity)?.size === 0) this.#nodesOf.delete(identity);
        return this.#tell([node]);
      }
      case 'IdentitySuspended':
        this.#suspended.add(identity);
        return this.#tell(this.#nodesOf.get(identity) ?? []);
      case 'IdentityReinstated':
        this.#suspended.delete(identity);
        return this.#tell(this.#nodesOf.get(identity) ?? []);
    }
  }

  #tell(nodes: Iterable<NodeName>): void {
    for (const node of nodes) this.#listeners.get(node)?.forEach((listener) => listener());
  }
}
