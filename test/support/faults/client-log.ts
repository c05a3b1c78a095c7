import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { Action, Command } from './evidence.js';

export type Intent = Pick<Command, 'key' | 'action' | 'subject'>;
export type Outcome = Pick<Command, 'outcome' | 'code' | 'serial' | 'position'>;

/** What the clients know, one JSON line for each command that ended, written before the client goes on. */
export class ClientLog {
  readonly #file: number;

  constructor(readonly path: string) {
    this.#file = openSync(path, 'a', 0o600);
  }

  write(command: Command): void {
    writeSync(this.#file, `${JSON.stringify(command)}\n`);
  }

  close(): void {
    closeSync(this.#file);
  }

  static read(path: string): Command[] {
    const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Command);
  }
}

export const countBy = <Item>(items: readonly Item[], of: (item: Item) => Action | string): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const item of items) counts[of(item)] = (counts[of(item)] ?? 0) + 1;
  return counts;
};
