import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type Consumer, Transport } from '@cartulary/transport';
import { countedTypes, EpochBook } from './epoch-book.js';

/** Counts what each issuer issues. */
@Injectable()
export class CountCertificates implements OnApplicationBootstrap, OnApplicationShutdown {
  #consumer?: Consumer;

  constructor(
    private readonly transport: Transport,
    private readonly book: EpochBook,
  ) {}

  onApplicationBootstrap(): void {
    this.#consumer = this.transport.consume({
      group: 'rotation-epochs',
      types: countedTypes,
      handle: (events) => this.book.count(events),
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#consumer?.stop();
  }
}
