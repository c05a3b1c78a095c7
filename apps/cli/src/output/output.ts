import type { CliContext } from '../context.js';
import { type Style, styleFor } from './style.js';
import { type Column, type Detail, renderDetails, renderTable } from './table.js';

/** Where a command's result goes: for people or, with --json, for programs. */
export class Output {
  readonly style: Style;
  readonly now: Date;

  constructor(
    private readonly context: CliContext,
    readonly json: boolean,
  ) {
    this.style = styleFor(context.colour);
    this.now = context.now();
  }

  /** The API's JSON as it is, or what `human` prints. */
  result(value: unknown, human: () => void): void {
    if (this.json) this.context.out(`${JSON.stringify(value, undefined, 2)}\n`);
    else human();
  }

  /** Programs read whole lines; a terminal shows as many columns as it has. */
  get #width(): number {
    return this.context.interactive ? this.context.columns : Infinity;
  }

  line(text = ''): void {
    this.context.out(`${text}\n`);
  }

  /** `✓ Revoked 01ab…`. */
  done(text: string): void {
    this.line(`${this.style.green('✓')} ${text}`);
  }

  /** For people only: to standard error, so that it never gets into what a program reads. */
  note(text: string): void {
    if (!this.json) this.context.err(`${this.style.dim(text)}\n`);
  }

  table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], none: string): void {
    if (rows.length === 0) this.note(none);
    else this.context.out(renderTable(columns, rows, this.style, this.#width));
  }

  details(details: readonly Detail[]): void {
    this.context.out(renderDetails(details, this.style, this.#width));
  }
}
