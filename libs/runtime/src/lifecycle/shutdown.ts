import { type Health } from '../health/health.js';
import { type Logger } from '../logging/logger.js';

export interface ShutdownOptions {
  readonly logger: Logger;
  readonly timeoutMs: number;
  readonly health?: Health;
}

interface Part {
  readonly name: string;
  readonly close: () => Promise<void> | void;
}

/** What has to be closed when the process ends, in the reverse of the order in which it was opened. */
export class Shutdown {
  readonly #parts: Part[] = [];
  #closing: Promise<boolean> | undefined;

  constructor(private readonly options: ShutdownOptions) {}

  get timeoutMs(): number {
    return this.options.timeoutMs;
  }

  get logger(): Logger {
    return this.options.logger;
  }

  register(name: string, close: () => Promise<void> | void): void {
    this.#parts.push({ name, close });
  }

  /** Closes everything once, however often it is asked; true when all of it closed in time and without an error. */
  close(reason: string): Promise<boolean> {
    this.#closing ??= this.#close(reason);
    return this.#closing;
  }

  async #close(reason: string): Promise<boolean> {
    const { logger, timeoutMs, health } = this.options;
    logger.info({ reason }, 'shutting down');
    health?.drain();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), timeoutMs);
    });
    const state = { open: '' };
    const clean = await Promise.race([this.#closeParts(state), late]);
    clearTimeout(timer);
    if (clean) logger.info('shut down');
    else logger.error({ ...(state.open === '' ? {} : { part: state.open }) }, 'did not shut down cleanly');
    return clean;
  }

  // A part that fails to close must not keep the ones below it open.
  async #closeParts(state: { open: string }): Promise<boolean> {
    let clean = true;
    for (const { name, close } of this.#parts.toReversed()) {
      state.open = name;
      try {
        await close();
      } catch (error) {
        clean = false;
        this.options.logger.error({ err: error, part: name }, 'failed to close');
      }
    }
    state.open = '';
    return clean;
  }
}
