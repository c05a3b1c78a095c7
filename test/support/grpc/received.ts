import type { ClientReadableStream, ServiceError } from '@grpc/grpc-js';
import { expect } from 'vitest';
import { GrpcRefusal } from './clients.js';

/** What a stream has brought so far. */
export class Received<Message> {
  readonly messages: Message[] = [];
  refusal: GrpcRefusal | undefined;
  ended = false;

  constructor(readonly stream: ClientReadableStream<Message>) {
    stream.on('data', (message: Message) => this.messages.push(message));
    stream.on('error', (error: ServiceError) => (this.refusal = new GrpcRefusal(error)));
    stream.on('end', () => (this.ended = true));
  }

  /** Waits for a message that fits; gives the first. */
  async one(fits: (message: Message) => boolean): Promise<Message> {
    await expect
      .poll(() => this.messages.some(fits) || this.refusal?.message, { timeout: 60_000, interval: 5 })
      .toBe(true);
    return this.messages.find(fits)!;
  }

  async refused(): Promise<GrpcRefusal> {
    await expect.poll(() => this.refusal !== undefined, { timeout: 60_000 }).toBe(true);
    return this.refusal!;
  }

  cancel(): void {
    this.stream.cancel();
  }
}
