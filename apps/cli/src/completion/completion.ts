import { Argument, type Command } from 'commander';
import { leaf } from '../command.js';
import type { CliContext } from '../context.js';
import { grammarOf } from './grammar.js';
import { completionScript, type Shell, shells } from './script.js';

export const completionCommand = (context: CliContext): Command => {
  const command = leaf({
    name: 'completion',
    summary: 'print what teaches a shell to complete this command',
    description: 'Commands, options, values of options, files and directories.',
    examples: [
      ['eval "$(cartulary completion bash)"', 'in ~/.bashrc'],
      ['source <(cartulary completion zsh)', 'in ~/.zshrc, after compinit'],
    ],
  });
  return command
    .addArgument(new Argument('<shell>', 'whose').choices(shells))
    .action((shell: Shell) => context.out(completionScript(shell, grammarOf(command.parent ?? command))));
};
