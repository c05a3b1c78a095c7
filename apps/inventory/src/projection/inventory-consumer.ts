import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type Consumer, Transport } from '@cartulary/transport';
import { Progress } from './progress.js';
import { Projector } from './projector.js';

/** Feeds the projector. Every type of event, so that its position is that of the ledger. */
@Injectable()
export class InventoryConsumer implements OnApplicationBootstrap, OnApplicationShutdown {
  #consumer?: Consumer;

  constructor(
    private readonly transport: Transport,
    private readonly projector: Projector,
    private readonly progress: Progress,
  ) {}

  onApplicationBootstrap(): void {
    this.#consumer = this.transport.consume({
      group: 'inventory',
      handle: (events) => this.projector.handle(events),
    });
    this.progress.attach(this.#consumer);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#consumer?.stop();
  }
}
