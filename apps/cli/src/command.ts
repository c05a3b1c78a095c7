import type { CartularyClient } from '@cartulary/client';
import { Command } from 'commander';
import { withClient } from './connection/connect.js';
import { type ConnectionFlags, withConnection } from './connection/options.js';
import type { CliContext } from './context.js';
import { CliError, type Outcome } from './exit-codes.js';
import { Output } from './output/output.js';

export interface Leaf {
  readonly name: string;
  readonly arguments?: string;
  readonly summary: string;
  /** Shown above the options. */
  readonly description?: string;
  /** `cartulary …` lines with what each does. */
  readonly examples: readonly (readonly [command: string, what: string])[];
}

/** A command with its help, without an action. */
export const leaf = ({ name, arguments: args, summary, description, examples }: Leaf): Command => {
  const command = new Command(name).summary(summary);
  if (args) command.arguments(args);
  const sentence = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
  command.description(description ? `${sentence}\n\n${description}` : sentence);
  const width = Math.max(...examples.map(([line]) => line.length));
  const lines = examples.map(([line, what]) =>
    width > 66 ? `  # ${what}\n  ${line}` : `  ${line.padEnd(width)}   ${what}`,
  );
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
};

export interface Call<Flags> {
  readonly client: CartularyClient;
  readonly output: Output;
  readonly flags: Flags & ConnectionFlags;
  readonly context: CliContext;
}

/** Gives the command the connection's options and an action with a client; the arguments come as they were typed. */
export const calling = <Flags = object>(
  command: Command,
  context: CliContext,
  action: (call: Call<Flags>, ...args: string[]) => Promise<void>,
): Command =>
  withConnection(command).action(async (...given: unknown[]) => {
    const flags = command.opts<Flags & ConnectionFlags>();
    const args = given.slice(0, -2) as string[];
    const output = new Output(context, flags.json ?? false);
    await withClient(flags, context, (client) => action({ client, output, flags, context }, ...args));
  });

/** A command of commands. */
export const group = (name: string, summary: string, commands: readonly Command[]): Command => {
  const command = new Command(name).summary(summary).description(summary);
  for (const each of commands) command.addCommand(each);
  return command;
};

/** The wire's ttl: text such as 24h, or whole seconds. */
export const ttlFlag = (text: string): string | number => {
  if (/^[1-9][0-9]{0,8}[smhd]$/.test(text)) return text;
  if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text);
  throw new CliError('usage', `${text} is not a lifetime`, 'Write it as 90s, 30m, 24h, 7d or as seconds.');
};

export const integerFlag =
  (name: string, minimum: number, maximum: number) =>
  (text: string): number => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (value >= minimum && value <= maximum) return value;
    throw new CliError('usage', `${name} ${text}: a whole number from ${minimum} to ${maximum} is expected`);
  };

/** For options that may be repeated. */
export const collect = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

export const fail = (outcome: Outcome, message: string, hint?: string): never => {
  throw new CliError(outcome, message, hint);
};
