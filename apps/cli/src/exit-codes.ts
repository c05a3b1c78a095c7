import { ProblemError, UnexpectedAnswerError, UnreachableError } from '@cartulary/client';

/** What the command exits with; `meaning` stands in docs/cli.md. */
export const exitCodes = {
  ok: { code: 0, meaning: 'done' },
  refused: { code: 1, meaning: 'the service refused, or something failed' },
  usage: { code: 2, meaning: 'the command was not understood, or a file that it needs is missing' },
  unreachable: { code: 3, meaning: 'the service could not be reached, or is not trusted' },
  notFound: { code: 4, meaning: 'there is no such thing' },
  notAllowed: { code: 5, meaning: 'the caller is not known, or may not do this' },
  notGood: { code: 6, meaning: '`ocsp check`: the certificate is revoked or unknown' },
  unavailable: { code: 7, meaning: 'the service cannot do it now: try again later' },
  configuration: { code: 78, meaning: '`up`, `init`, services: the configuration is wrong' },
  interrupted: { code: 130, meaning: 'interrupted' },
} as const;
export type Outcome = keyof typeof exitCodes;

/** Something that this command itself says no to. */
export class CliError extends Error {
  constructor(
    readonly outcome: Outcome,
    message: string,
    readonly hint?: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export const outcomeOf = (error: unknown): Outcome => {
  if (error instanceof CliError || error instanceof Verdict) return error.outcome;
  if (error instanceof UnreachableError || error instanceof UnexpectedAnswerError) return 'unreachable';
  if (error instanceof ProblemError) {
    if (error.status === 404) return 'notFound';
    if (error.status === 401 || error.status === 403) return 'notAllowed';
    if (error.status === 429 || error.status >= 500) return 'unavailable';
  }
  return 'refused';
};

/** Ends the command with an outcome when everything has been said. */
export class Verdict extends Error {
  constructor(readonly outcome: Outcome) {
    super(outcome);
  }
}
