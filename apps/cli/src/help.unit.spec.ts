import { type Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { cartulary } from './command-line.fixture.spec.js';
import { exitCodes } from './exit-codes.js';
import { createProgram, everyCommand } from './program.js';

const context = {
  out: () => undefined,
  err: () => undefined,
  env: {},
  colour: false,
  interactive: false,
  columns: 100,
};
const program = createProgram({
  ...context,
  now: () => new Date(0),
  ask: () => Promise.resolve(''),
  signal: AbortSignal.abort(),
});

const path = (command: Command): string[] => [...(command.parent ? path(command.parent) : []), command.name()];
const leaves = everyCommand(program).filter(({ commands }) => commands.length === 0);
const help = async (command: Command): Promise<string> => (await cartulary([...path(command).slice(1), '--help'])).out;

/** The text of docs/cli.md. */
const markdown = async (): Promise<string> => {
  const sections = await Promise.all(
    everyCommand(program)
      .filter((command) => command === program || command.commands.length === 0)
      .map(
        async (command) => `## ${path(command).join(' ')}\n\n\`\`\`text\n${(await help(command)).trimEnd()}\n\`\`\`\n`,
      ),
  );
  const codes = Object.values(exitCodes).map(({ code, meaning }) => `| ${code} | ${meaning} |`);
  return [
    '# The `cartulary` command\n',
    'Made from the commands’ own help; a test compares the two. In a checkout it is `npx cartulary`.\n',
    '| exit code | meaning |\n| --- | --- |',
    ...codes,
    '',
    ...sections,
  ].join('\n');
};

describe('help', () => {
  it.each(leaves.map((command) => [path(command).join(' '), command] as const))(
    '%s teaches by example',
    async (name, command) => {
      const text = await help(command);
      expect(text).toContain(`Usage: ${name}`);
      expect(text).toMatch(/\nExamples:\n {2}(# .*\n {2})?\S/);
      // An example that names another command, or an option that does not exist, teaches the wrong thing.
      const examples = text.slice(text.indexOf('\nExamples:'));
      expect(examples).toContain(name);
      for (const [, option] of examples.matchAll(/(?<=\s)(--[a-z-]+)/g))
        expect(text.slice(0, -examples.length)).toContain(option);
    },
  );

  it('ends well, and without a command it ends with 2', async () => {
    expect(await cartulary(['--help'])).toMatchObject({ code: 0, err: '' });
    expect(await cartulary(['--version'])).toEqual({ code: 0, out: '0.1.0\n', err: '' });
    expect(await cartulary([])).toMatchObject({ code: 2 });
    expect(await cartulary(['token'])).toMatchObject({ code: 2 });
  });

  it('is what docs/cli.md says', async () => expect(await markdown()).toMatchFileSnapshot('../../../docs/cli.md'));
});
