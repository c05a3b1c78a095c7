import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Position } from '@cartulary/ledger';
import type { FoldedEvent } from '../fold/responder-state.js';

interface Head {
  /** What follows came after this position. */
  readonly after: Position;
  /** Nothing is missing between the file before and this one. */
  readonly whole: boolean;
}

type Line = { readonly event: FoldedEvent } | { readonly asOf: string };

export interface Noted {
  /** In the order of their positions. */
  readonly events: readonly FoldedEvent[];
  /** What they are as fresh as. */
  readonly asOf: Date | undefined;
}

/**
 * What has been folded since the last snapshot, a line each, in files beside it. A line is with the kernel before anything of it
 * is said, so one who is killed does not say less when it starts again. It outlives the process, not the machine's power.
 */
export class Journal {
  #file: number | undefined;
  #after: Position = 0;
  /** A line could not be written: what comes is not noted until the next snapshot. */
  #broken = false;

  constructor(private readonly snapshot: string) {}

  /** From now on in a file of its own, after this position. Throws what the disk says. */
  begin(after: Position): void {
    this.close();
    const whole = !this.#broken;
    // Until the first line is there, nothing follows on what was before.
    this.#broken = true;
    mkdirSync(dirname(this.snapshot), { recursive: true, mode: 0o700 });
    this.#file = openSync(`${this.snapshot}.${after}.journal`, 'w', 0o600);
    this.#after = after;
    this.#write([{ after, whole } satisfies Head]);
    this.#broken = false;
  }

  /** Nothing before the first `begin`. Throws what the disk says, once. */
  note(events: readonly FoldedEvent[]): void {
    if (this.#file !== undefined && events.length > 0) this.#write(events.map((event) => ({ event: lean(event) })));
  }

  noteFreshness(asOf: Date): void {
    this.#write([{ asOf: asOf.toISOString() }]);
  }

  /** What was noted after this position, up to where something is missing. */
  async read(after: Position): Promise<Noted> {
    const events: FoldedEvent[] = [];
    let asOf: Date | undefined;
    for (const { file, after: from } of await this.#files()) {
      const [head, ...lines] = linesOf(await readFile(file, 'utf8')) as [Head | undefined, ...Line[]];
      if (!head) continue;
      if (from > after && !head.whole) break;
      for (const line of lines) {
        if ('asOf' in line) asOf = new Date(line.asOf);
        else if (line.event.position > (events.at(-1)?.position ?? after)) events.push(line.event);
      }
    }
    return { events, asOf };
  }

  /** All but what is being written: the rest is in a snapshot, or of no use without one. */
  async forget(): Promise<void> {
    const old = (await this.#files()).filter(({ after }) => this.#file === undefined || after !== this.#after);
    await Promise.all(old.map(({ file }) => rm(file, { force: true })));
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #write(lines: readonly object[]): void {
    if (this.#file === undefined) return;
    try {
      const bytes = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
      for (let written = 0; written < bytes.length;) written += writeSync(this.#file, bytes, written);
    } catch (error) {
      this.#broken = true;
      this.close();
      throw error;
    }
  }

  /** Oldest first. */
  async #files(): Promise<{ file: string; after: Position }[]> {
    const directory = dirname(this.snapshot);
    const names = await readdir(directory).catch((): string[] => []);
    const files = names.flatMap((name) => {
      const [, after] = name.startsWith(basename(this.snapshot)) ? (/\.(\d+)\.journal$/.exec(name) ?? []) : [];
      return after === undefined ? [] : [{ file: join(directory, name), after: Number(after) }];
    });
    return files.sort((one, other) => one.after - other.after);
  }
}

/** The fold asks nothing of a certificate's bytes, which are most of its event. */
const lean = ({ type, position, version, data }: FoldedEvent): FoldedEvent =>
  type === 'CertificateIssued'
    ? { type, position, version, data: { ...data, certificate: '' } }
    : { type, position, version, data };

/** Up to the first that is torn: whoever was killed had said nothing of it. */
const linesOf = (text: string): unknown[] => {
  const lines: unknown[] = [];
  for (const line of text.split('\n').slice(0, -1)) {
    try {
      lines.push(JSON.parse(line));
    } catch {
      break;
    }
  }
  return lines;
};
