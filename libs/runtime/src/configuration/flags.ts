import { parseArgs } from 'node:util';
import { exitCode } from '../exit-code.js';
import { type ConfigDefinition, listKeys, type Sections } from './define-config.js';
import { ConfigurationError } from './errors.js';
import { loadConfig, type ConfigSources } from './load-config.js';
import { type ConfigOf } from './define-config.js';
import { didYouMean } from './suggest.js';

/** `--https-port 0 --config x.json` → `{ httpsPort: '0', config: 'x.json' }`. Throws ConfigurationError. */
export const parseFlags = <S extends Sections>(
  definition: ConfigDefinition<S>,
  args: readonly string[],
): Record<string, string> => {
  const known = new Map(listKeys(definition).map(({ flag, name }) => [flag.slice(2), name]));
  known.set('config', 'config');
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries([...known.keys()].map((flag) => [flag, { type: 'string' as const }])),
    strict: false,
    tokens: true,
    allowPositionals: true,
  });
  const flags: Record<string, string> = {};
  const problems = tokens.flatMap((token) => {
    if (token.kind === 'option-terminator') return [];
    if (token.kind === 'positional') {
      return [{ key: token.value, message: 'is not a flag', hint: 'write --<key> <value>' }];
    }
    const name = known.get(token.name);
    if (name === undefined) {
      const meant = didYouMean(token.name, [...known.keys()]);
      const hint = meant === undefined ? 'docs/configuration.md lists every key' : `did you mean --${meant}?`;
      return [{ key: token.rawName, message: 'there is no such flag', hint }];
    }
    if (token.value === undefined) return [{ key: token.rawName, message: 'has no value', hint: 'write one after it' }];
    flags[name] = token.value;
    return [];
  });
  if (problems.length > 0) throw new ConfigurationError(problems);
  return flags;
};

/** For a service's main: the configuration of this process, or an explanation on standard error and exit code 78. */
export const loadConfigOrExit = <S extends Sections>(
  definition: ConfigDefinition<S>,
  args: readonly string[] = process.argv.slice(2),
  sources: Omit<ConfigSources, 'flags'> = {},
): ConfigOf<ConfigDefinition<S>> => {
  try {
    return loadConfig(definition, { ...sources, flags: parseFlags(definition, args) });
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return process.exit(exitCode.configuration);
  }
};
