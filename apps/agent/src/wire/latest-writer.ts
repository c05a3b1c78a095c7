interface Writable<Message> {
  write(message: Message): boolean;
  once(event: 'drain', listener: () => void): unknown;
}

/**
 * Writes what is newest, and waits while the reader does not read: changes in the meantime come to it as one, so that a
 * stream never holds more than one message that was not sent.
 */
export class LatestWriter<Message> {
  #blocked = false;
  #pending = false;

  constructor(
    private readonly stream: Writable<Message>,
    /** What there is to say now; undefined: nothing new. */
    private readonly next: () => Message | undefined,
  ) {}

  tell(): void {
    if (this.#blocked) {
      this.#pending = true;
      return;
    }
    const message = this.next();
    if (message === undefined || this.stream.write(message)) return;
    this.#blocked = true;
    this.stream.once('drain', () => {
      this.#blocked = false;
      if (!this.#pending) return;
      this.#pending = false;
      this.tell();
    });
  }
}
