import type { Argument, Command, Option } from 'commander';

/** What comes after an option, or where an argument stands. */
export type Value =
  { readonly kind: 'file' | 'directory' | 'text' } | { readonly kind: 'word'; readonly words: readonly string[] };

export interface OptionGrammar {
  /** `--yes` and `-y`. */
  readonly names: readonly string[];
  /** Undefined: takes no value. */
  readonly value: Value | undefined;
}

/** One command as a shell has to know it. */
export interface CommandGrammar {
  /** `cartulary issuer revoke`. */
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly summary: string }[];
  readonly options: readonly OptionGrammar[];
  readonly argument: Value | undefined;
}

/** The program and every command below it, from what the help is made of. */
export const grammarOf = (program: Command, above = ''): readonly CommandGrammar[] => {
  const path = `${above} ${program.name()}`.trim();
  const help = program.createHelp();
  const commands = help.visibleCommands(program).filter((command) => program.commands.includes(command));
  const [argument] = program.registeredArguments;
  const own: CommandGrammar = {
    path,
    commands: commands.map((command) => ({ name: command.name(), summary: help.subcommandDescription(command) })),
    options: help.visibleOptions(program).map(optionGrammar),
    argument: argument && argumentValue(argument),
  };
  return [own, ...commands.flatMap((command) => grammarOf(command, path))];
};

const optionGrammar = (option: Option): OptionGrammar => ({
  names: [option.long, option.short].filter((name) => name !== undefined),
  value: option.required || option.optional ? valueOf(option) : undefined,
});

const valueOf = ({ argChoices, flags }: Option): Value => {
  if (argChoices) return { kind: 'word', words: argChoices };
  if (/<file>/.test(flags)) return { kind: 'file' };
  return { kind: /<dir>/.test(flags) ? 'directory' : 'text' };
};

/** By name or id, or a file that holds it. */
const files = new Set(['certificate', 'source', 'file']);

const argumentValue = (argument: Argument): Value => {
  if (argument.argChoices) return { kind: 'word', words: argument.argChoices };
  return { kind: files.has(argument.name()) ? 'file' : 'text' };
};
