export interface ConfigurationProblem {
  /** As the reader wrote it: a variable, a flag or a key of the file. */
  readonly key: string;
  /** Never a secret's. */
  readonly value?: string;
  readonly message: string;
  readonly hint: string;
}

/** Everything that is wrong with the configuration, at once. */
export class ConfigurationError extends Error {
  readonly code = 'INVALID_CONFIGURATION';

  constructor(readonly problems: readonly ConfigurationProblem[]) {
    const lines = problems.map(({ key, value, message, hint }) => {
      const shown = value === undefined ? '' : ` = ${JSON.stringify(value)}`;
      return `  ${key}${shown}: ${message}\n    ${hint}`;
    });
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    super(`the configuration has ${count}:\n${lines.join('\n')}`);
    this.name = 'ConfigurationError';
  }
}
