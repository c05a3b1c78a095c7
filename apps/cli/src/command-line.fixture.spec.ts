import type { CliContext } from './context.js';
import { run } from './run.js';
import type { FindMain } from './up/service.js';

export interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export const now = new Date('2026-11-22T12:00:00.000Z');

export interface Setting {
  readonly env?: Record<string, string>;
  /** What the person types at the question; there is no person without it. */
  readonly answer?: string;
  readonly colour?: boolean;
  readonly signal?: AbortSignal;
  readonly findMain?: FindMain;
  readonly now?: () => Date;
  readonly onOut?: (text: string) => void;
}

/** Runs the command line in this process. */
export const cartulary = async (argv: readonly string[], setting: Setting = {}): Promise<Result> => {
  let [out, err] = ['', ''];
  const context: CliContext = {
    env: setting.env ?? {},
    out: (text) => {
      out += text;
      setting.onOut?.(text);
    },
    err: (text) => void (err += text),
    colour: setting.colour ?? false,
    interactive: setting.answer !== undefined,
    columns: 120,
    now: setting.now ?? (() => now),
    ask: (question) => {
      out += question;
      return Promise.resolve(setting.answer ?? '');
    },
    signal: setting.signal ?? new AbortController().signal,
  };
  const code = await run(argv, context, setting.findMain);
  return { code, out, err };
};
