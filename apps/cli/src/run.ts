import { CommanderError } from 'commander';
import type { CliContext } from './context.js';
import { exitCodes, outcomeOf, Verdict } from './exit-codes.js';
import { errorJson, errorText } from './output/report-error.js';
import { styleFor } from './output/style.js';
import { createProgram, everyCommand } from './program.js';
import type { FindMain } from './up/service.js';

/** Runs one command line (without node and script) and gives its exit code. Never throws. */
export const run = async (argv: readonly string[], context: CliContext, findMain?: FindMain): Promise<number> => {
  const program = createProgram(context, findMain);
  for (const command of everyCommand(program)) {
    command
      .exitOverride()
      .showHelpAfterError('(--help says more)')
      .configureOutput({
        writeOut: context.out,
        writeErr: context.err,
        getOutHelpWidth: () => context.columns,
        getErrHelpWidth: () => context.columns,
        getOutHasColors: () => context.colour,
        getErrHasColors: () => context.colour,
        outputError: (text, write) => write(text.replace(/^error: /, `${styleFor(context.colour).red('✗')} `)),
      });
  }
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCodes.ok.code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok.code : exitCodes.usage.code;
    if (error instanceof Verdict) return exitCodes[error.outcome].code;
    if (context.signal.aborted) return exitCodes.interrupted.code;
    context.err(argv.includes('--json') ? errorJson(error) : errorText(error, styleFor(context.colour)));
    return exitCodes[outcomeOf(error)].code;
  }
};
