import { readFileSync } from 'node:fs';
import { type ConfigurationProblem } from './errors.js';
import { flagName, type KeyListing, variableName } from './define-config.js';
import { secretKind } from './kinds.js';
import { didYouMean } from './suggest.js';

/** Text for one key, and what its writer called it. */
export interface Given {
  readonly key: string;
  readonly text: string;
}

export interface Source {
  readonly given: ReadonlyMap<string, Given>;
  readonly problems: readonly ConfigurationProblem[];
}

export type Environment = Readonly<Record<string, string | undefined>>;

const unknownKey = (key: string, known: readonly string[], kind: string): ConfigurationProblem => {
  const meant = didYouMean(key, known);
  return {
    key,
    message: `there is no such ${kind}`,
    hint: meant === undefined ? 'docs/configuration.md lists every key' : `did you mean ${meant}?`,
  };
};

const readText = (path: string, key: string): { text?: string; problem?: ConfigurationProblem } => {
  try {
    return { text: readFileSync(path, 'utf8') };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    return {
      problem: { key, value: path, message: `cannot be read (${code})`, hint: 'name a file this user can read' },
    };
  }
};

/** A JSON object whose keys are the camelCase names. */
export const fromFile = (keys: readonly KeyListing[], path: string, named: string): Source => {
  const given = new Map<string, Given>();
  const { text, problem } = readText(path, named);
  if (text === undefined) return { given, problems: problem ? [problem] : [] };
  const malformed = (message: string): Source => ({
    given,
    problems: [{ key: named, value: path, message, hint: 'write one JSON object, such as { "httpsPort": 8443 }' }],
  });
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    return malformed(`is not JSON: ${(error as Error).message.replace(/"[^]*"/, '…')}`);
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    return malformed('is not a JSON object');
  const problems: ConfigurationProblem[] = [];
  const names = keys.map(({ name }) => name);
  for (const [name, value] of Object.entries(content)) {
    const key = `${name} (in ${path})`;
    if (!names.includes(name)) problems.push({ ...unknownKey(name, names, 'key'), key });
    else if (!['string', 'number', 'boolean'].includes(typeof value)) {
      problems.push({ key, message: 'is neither text, number nor boolean', hint: 'write one plain value' });
    } else given.set(name, { key, text: String(value) });
  }
  return { given, problems };
};

/**
 * `CARTULARY_*` variables; an empty one counts as not set. A secret may lie in the file that `<NAME>_FILE` names.
 * Unknown ones are problems, except those in `ignore` (a trailing `*` stands for anything).
 */
export const fromEnvironment = (
  keys: readonly KeyListing[],
  environment: Environment,
  ignore: readonly string[],
): Source => {
  const given = new Map<string, Given>();
  const problems: ConfigurationProblem[] = [];
  const ignored = (name: string): boolean =>
    ignore.some((entry) => (entry.endsWith('*') ? name.startsWith(entry.slice(0, -1)) : name === entry));
  const byVariable = new Map(keys.map((entry) => [entry.variable, entry]));
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith('CARTULARY_') || ignored(variable) || value === undefined) continue;
    const direct = byVariable.get(variable);
    const secret = byVariable.get(variable.replace(/_FILE$/, ''));
    if (direct) {
      if (value !== '') given.set(direct.name, { key: variable, text: value });
    } else if (secret?.key.kind === secretKind) {
      if (value === '' || (environment[secret.variable] ?? '') !== '') continue;
      const { text, problem } = readText(value, variable);
      if (problem) problems.push(problem);
      else given.set(secret.name, { key: variable, text: (text as string).replace(/\r?\n$/, '') });
    } else problems.push(unknownKey(variable, [...byVariable.keys()], 'variable'));
  }
  return { given, problems };
};

/** Flags by their key's camelCase name, as a command line parser delivers them. */
export const fromFlags = (
  keys: readonly KeyListing[],
  flags: Readonly<Record<string, string | number | boolean | undefined>>,
): Source => {
  const given = new Map<string, Given>();
  const problems: ConfigurationProblem[] = [];
  for (const [name, value] of Object.entries(flags)) {
    if (value === undefined) continue;
    const flag = flagName(name);
    if (keys.some((entry) => entry.name === name)) given.set(name, { key: flag, text: String(value) });
    else
      problems.push({
        ...unknownKey(
          flag,
          keys.map((entry) => entry.flag),
          'flag',
        ),
      });
  }
  return { given, problems };
};

export const configFileOf = (
  flag: string | undefined,
  environment: Environment,
): { path: string; named: string } | undefined => {
  if (flag !== undefined && flag !== '') return { path: flag, named: '--config' };
  const named = variableName('config');
  const path = environment[named];
  return path === undefined || path === '' ? undefined : { path, named };
};
