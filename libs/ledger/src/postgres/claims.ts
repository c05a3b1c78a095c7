import { type PreparedAppend } from '../prepare-append.js';

/** What the commands of a batch read, write and name: two commands that meet can't be in one set-based statement. */
export class Claims {
  private readonly named = new Set<string>();
  private readonly written = new Set<string>();
  private readonly keys = new Set<string>();

  add(command: PreparedAppend): void {
    for (const { stream } of command.expectations) this.named.add(stream);
    for (const { stream } of command.events) this.written.add(stream);
    if (command.idempotency) this.keys.add(keyOf(command.idempotency));
  }

  /** Written streams are among those named, so that two lookups find every way to meet. */
  meets(command: PreparedAppend): boolean {
    if (this.named.size === 0) return false;
    for (const { stream } of command.events) if (this.named.has(stream)) return true;
    for (const { stream } of command.expectations) if (this.written.has(stream)) return true;
    return command.idempotency !== undefined && this.keys.size > 0 && this.keys.has(keyOf(command.idempotency));
  }
}

// Neither part holds a NUL.
const keyOf = ({ scope, key }: { scope: string; key: string }): string => `${scope}\0${key}`;
