import { isRawBody, Problem, problemMediaType, type Route, validatorFor } from '@cartulary/contracts';
import type { RawAnswer } from './connection.js';
import { ProblemError, UnexpectedAnswerError } from './errors.js';

const readProblem = validatorFor(Problem);

const header = ({ headers }: RawAnswer, name: string): string => {
  const value = headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? '';
};

const json = (answer: RawAnswer, url: string): unknown => {
  try {
    return JSON.parse(answer.body.toString('utf8'));
  } catch {
    throw new UnexpectedAnswerError(url, answer.status, 'not JSON');
  }
};

/** Seconds; the header's date form is not used here. */
const retryAfterOf = (answer: RawAnswer): number | undefined => {
  const text = header(answer, 'retry-after');
  return /^\d{1,6}$/.test(text) ? Number(text) : undefined;
};

/** Throws ProblemError for a refusal, UnexpectedAnswerError for what is neither. */
export const refuseFailure = (answer: RawAnswer, url: string): void => {
  if (answer.status >= 200 && answer.status < 300) return;
  if (header(answer, 'content-type').startsWith(problemMediaType)) {
    const problem = readProblem(json(answer, url));
    if (problem.ok) throw new ProblemError(problem.value, retryAfterOf(answer));
  }
  throw new UnexpectedAnswerError(url, answer.status, header(answer, 'content-type') || 'without a body');
};

export const readAnswer = (route: Route, answer: RawAnswer, url: string): unknown => {
  const isProblem = header(answer, 'content-type').startsWith(problemMediaType);
  if (isProblem || !route.alsoAnswers?.includes(answer.status)) refuseFailure(answer, url);
  return isRawBody(route.success) ? answer.body : json(answer, url);
};
