import { createInterface } from 'node:readline/promises';

/** What a command may touch of the world outside; tests give their own. */
export interface CliContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Colours on standard output. */
  readonly colour: boolean;
  /** A person is there to answer. */
  readonly interactive: boolean;
  readonly columns: number;
  readonly now: () => Date;
  readonly ask: (question: string) => Promise<string>;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
}

/** https://no-color.org; FORCE_COLOR as Node reads it. */
export const wantsColour = (env: CliContext['env'], isTty: boolean): boolean => {
  if (env['NO_COLOR']) return false;
  if (env['FORCE_COLOR']) return env['FORCE_COLOR'] !== '0';
  return isTty && env['TERM'] !== 'dumb';
};

export const processContext = (): CliContext => {
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  process.once('SIGINT', abort).once('SIGTERM', abort);
  return {
    env: process.env,
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    colour: wantsColour(process.env, process.stdout.isTTY),
    interactive: process.stdin.isTTY && process.stdout.isTTY,
    columns: process.stdout.columns || 100,
    now: () => new Date(),
    ask: async (question) => {
      const terminal = createInterface({ input: process.stdin, output: process.stdout });
      try {
        return await terminal.question(question, { signal: stop.signal });
      } finally {
        terminal.close();
      }
    },
    signal: stop.signal,
  };
};
