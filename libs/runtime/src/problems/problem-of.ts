import { HttpException } from '@nestjs/common';
import { type Problem, type ProblemRow, type ProblemTable, type WithExtensions } from './problem.js';
import { codeOfFastify, codeOfStatus, rowOf, runtimeProblems } from './runtime-problems.js';

export interface Resolved {
  readonly problem: Problem;
  readonly row: ProblemRow;
  /** Nobody foresaw it: it has to be logged, and its message stays here. */
  readonly unexpected: boolean;
}

const typeOf = (code: string): string => `https://cartulary.dev/problems/${code.toLowerCase().replaceAll('_', '-')}`;

const hasExtensions = (error: object): error is WithExtensions =>
  'extensions' in error && typeof error.extensions === 'object' && error.extensions !== null;

// Frameworks say what is wrong by status; `secure-json-parse` and the body parser only by a status on the error.
const frameworkCode = (error: object): string | undefined => {
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  const fastify = typeof code === 'string' ? codeOfFastify(code) : undefined;
  if (fastify !== undefined) return fastify;
  if (error instanceof SyntaxError && statusCode === 400) return 'INVALID_JSON';
  if (error instanceof HttpException) return codeOfStatus(error.getStatus());
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? codeOfStatus(statusCode) : undefined;
};

/** The problem that a thrown value is at the edge. `instance` is the correlation id. */
export const problemOf = (error: unknown, table: ProblemTable, instance?: string): Resolved => {
  const thrown = typeof error === 'object' && error !== null ? error : new Error(String(error));
  const own = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
  const ownRow = rowOf(table, own);
  const code = ownRow ? own : (frameworkCode(thrown) ?? 'INTERNAL');
  const row = ownRow ?? rowOf(table, code) ?? runtimeProblems.INTERNAL;
  const unexpected = code === 'INTERNAL';
  const detail = !unexpected && thrown instanceof Error && thrown.message !== '' ? thrown.message : undefined;
  return {
    problem: {
      ...(hasExtensions(thrown) && !unexpected ? thrown.extensions : {}),
      type: typeOf(code),
      title: row.title,
      status: row.status,
      ...(detail === undefined ? {} : { detail }),
      code,
      ...(instance === undefined ? {} : { instance }),
    },
    row,
    unexpected,
  };
};
