import { status, type StatusObject } from '@grpc/grpc-js';
import { Refusal, refusalOf } from './refusal.js';

interface Call {
  emit(event: 'error', error: Partial<StatusObject>): boolean;
  once(event: string, listener: () => void): unknown;
}

/** The streams that are open, each with what it does on news; ended one by one or all together. */
export class OpenCalls {
  readonly #open = new Map<Call, () => void>();

  constructor(private readonly onMistake: (error: unknown) => void) {}

  get size(): number {
    return this.#open.size;
  }

  /** `onNews` may throw: that ends the call. */
  add(call: Call, onNews: () => void): void {
    this.#open.set(call, onNews);
    const gone = (): void => void this.#open.delete(call);
    call.once('cancelled', gone);
    call.once('close', gone);
  }

  /** Does something for a call; what it throws ends it. */
  guard(call: Call, task: () => void): void {
    try {
      task();
    } catch (error) {
      if (!(error instanceof Refusal)) this.onMistake(error);
      this.end(call, refusalOf(error));
    }
  }

  tellAll(): void {
    for (const [call, onNews] of [...this.#open]) this.guard(call, onNews);
  }

  end(call: Call, { code, details }: Refusal): void {
    this.#open.delete(call);
    call.emit('error', { code, details });
  }

  done(call: Call): void {
    this.#open.delete(call);
  }

  endAll(): void {
    for (const call of [...this.#open.keys()]) this.end(call, new Refusal(status.UNAVAILABLE, 'the agent is stopping'));
  }
}
