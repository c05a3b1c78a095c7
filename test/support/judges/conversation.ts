import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A program that answers each line on its standard input with one line. Questions are asked one after the other. */
export class Conversation {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;
  #last: Promise<unknown> = Promise.resolve();
  #complaint = '';

  constructor(command: string, args: readonly string[], env: Readonly<Record<string, string>>) {
    this.#child = spawn(command, args, { env: { ...process.env, ...env } });
    this.#child.stderr.on('data', (chunk: Buffer) => (this.#complaint += chunk.toString()));
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  ask(question: string): Promise<string> {
    const answer = this.#last.then(async () => {
      this.#child.stdin.write(`${question}\n`);
      const { value, done } = await this.#answers.next();
      if (done === true) throw new Error(`${this.#child.spawnfile} ended: ${this.#complaint}`);
      return value;
    });
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.stdin.end();
    await exited;
  }
}
