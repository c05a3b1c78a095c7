import { Errors } from 'typebox/value';
import { type ConfigDefinition, type ConfigOf, type KeyListing, listKeys, type Sections } from './define-config.js';
import { ConfigurationError, type ConfigurationProblem } from './errors.js';
import {
  configFileOf,
  type Environment,
  fromEnvironment,
  fromFile,
  fromFlags,
  type Given,
  type Source,
} from './sources.js';

export interface ConfigSources {
  /** By the key's camelCase name; `config` names the file. */
  readonly flags?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly environment?: Environment;
  /** Variables that belong to someone else, such as the tests: `CARTULARY_TEST_*`. */
  readonly ignore?: readonly string[];
}

/** Read by the command line client and the test tools, not by the services. */
export const foreignVariables = [
  'CARTULARY_CONFIG',
  'CARTULARY_SERVER',
  'CARTULARY_TOKEN',
  'CARTULARY_TOKEN_FILE',
  'CARTULARY_FULL',
  'CARTULARY_AGENT_*',
  'CARTULARY_TEST_*',
  'CARTULARY_BENCH_*',
] as const;

type Parsed = { value: unknown } | { problem: ConfigurationProblem };

const parse = ({ key: entry }: KeyListing, { key, text }: Given): Parsed => {
  const shown = entry.kind.confidential ? undefined : text;
  const wrong = (message: string): Parsed => ({
    problem: { key, ...(shown === undefined ? {} : { value: shown }), message, hint: `give ${entry.kind.hint}` },
  });
  const value = entry.kind.parse(text);
  if (value === undefined) return wrong('cannot be read');
  const [first] = Errors(entry.kind.schema, value);
  return first === undefined ? { value } : wrong(first.message);
};

const apply = <S extends Sections>(
  definition: ConfigDefinition<S>,
  values: Record<string, unknown>,
  origin: (name: string) => string,
): ConfigurationProblem[] => {
  const config = values as ConfigOf<ConfigDefinition<S>>;
  const derive = definition.derive as Record<string, ((config: unknown) => unknown) | undefined>;
  for (const [name, from] of Object.entries(derive)) values[name] ??= from?.(config);
  return definition.rules
    .filter((rule) => !rule.holds(config))
    .map(({ key, hint }) => ({ key: origin(key), message: 'does not fit the other keys', hint }));
};

/**
 * Defaults, then the configuration file, the environment and the flags, each over the one before.
 * Throws one ConfigurationError with every problem found.
 */
export const loadConfig = <S extends Sections>(
  definition: ConfigDefinition<S>,
  { flags = {}, environment = process.env, ignore = foreignVariables }: ConfigSources = {},
): ConfigOf<ConfigDefinition<S>> => {
  const keys = listKeys(definition);
  const { config: configFlag, ...otherFlags } = flags;
  const file = configFileOf(configFlag === undefined ? undefined : String(configFlag), environment);
  const sources: Source[] = [
    ...(file ? [fromFile(keys, file.path, file.named)] : []),
    fromEnvironment(keys, environment, ['CARTULARY_CONFIG', ...ignore]),
    fromFlags(keys, otherFlags),
  ];
  const problems = sources.flatMap((source) => source.problems);
  const given = new Map(sources.flatMap((source) => [...source.given]));
  const values: Record<string, unknown> = {};
  for (const listing of keys) {
    const { name, variable, key } = listing;
    const text = given.get(name) ?? (key.default === undefined ? undefined : { key: variable, text: key.default });
    if (text === undefined) continue;
    const parsed = parse(listing, text);
    if ('problem' in parsed) problems.push(parsed.problem);
    else values[name] = parsed.value;
  }
  if (problems.length === 0) {
    const variables = new Map(keys.map(({ name, variable }) => [name, variable]));
    problems.push(...apply(definition, values, (name) => given.get(name)?.key ?? variables.get(name) ?? name));
  }
  if (problems.length > 0) throw new ConfigurationError(problems);
  return Object.freeze(values) as ConfigOf<ConfigDefinition<S>>;
};
