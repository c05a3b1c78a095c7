import type { Output } from '../output/output.js';
import { visibleLength } from '../output/style.js';

const TITLE = 12;
const MAX_WIDTH = 104;

/** Prints the walk's steps: number, title, what happened, milliseconds. */
export class Stepper {
  private count = 0;

  constructor(
    private readonly output: Output,
    private readonly columns: number,
  ) {}

  /** Runs a step and prints the lines it returns, the first with its time. */
  async step(title: string, run: () => Promise<readonly string[]>): Promise<void> {
    const { style } = this.output;
    const number = ++this.count;
    const started = performance.now();
    try {
      const [first = '', ...rest] = await run();
      const time = `${Math.round(performance.now() - started)} ms`;
      const head = `  ${style.dim(String(number))}  ${style.bold(title.padEnd(TITLE))}${first}`;
      const room = Math.min(this.columns - 1, MAX_WIDTH) - visibleLength(head) - time.length;
      this.output.line(`${head}${' '.repeat(Math.max(2, room))}${style.dim(time)}`);
      for (const line of rest) this.output.line(`     ${' '.repeat(TITLE)}${line}`);
    } catch (error) {
      this.output.line(`  ${style.dim(String(number))}  ${style.bold(title.padEnd(TITLE))}${style.red('failed')}`);
      throw error;
    }
  }
}
