import { BadRequestException, ForbiddenException, HttpException } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { problemOf } from './problem-of.js';
import { runtimeProblems } from './runtime-problems.js';

const table = { ...runtimeProblems, LEDGER_CONFLICT: { status: 409, title: 'Somebody was faster', grpc: 10 } };
const coded = (code: string, more: object = {}): Error => Object.assign(new Error('words'), { code, ...more });

describe('problemOf', () => {
  it('takes status and title from the row of the code, and the words from the error', () => {
    expect(problemOf(coded('LEDGER_CONFLICT'), table, 'abc')).toEqual({
      problem: {
        type: 'https://cartulary.dev/problems/ledger-conflict',
        title: 'Somebody was faster',
        status: 409,
        detail: 'words',
        code: 'LEDGER_CONFLICT',
        instance: 'abc',
      },
      row: table.LEDGER_CONFLICT,
      unexpected: false,
    });
  });

  it.each([
    [new ForbiddenException(), 403, 'FORBIDDEN'],
    [new BadRequestException(), 400, 'BAD_REQUEST'],
    [new HttpException('teapot', 418), 418, 'BAD_REQUEST'],
    [coded('FST_ERR_CTP_BODY_TOO_LARGE', { statusCode: 413 }), 413, 'PAYLOAD_TOO_LARGE'],
    [Object.assign(new Error('x'), { statusCode: 429 }), 429, 'TOO_MANY_REQUESTS'],
  ])('gives %s of a framework a code of ours', (error, status, code) => {
    const { problem } = problemOf(error, table);
    expect(problem.code).toBe(code);
    expect([status, 400]).toContain(problem.status);
  });

  it.each([
    ['an error without a code', new Error('secret')],
    ['a code that is not ours', coded('ECONNREFUSED')],
    ['a code that every object has', coded('constructor')],
    ['a failure of the framework', new HttpException('secret', 500)],
    ['text', 'secret'],
    ['nothing', undefined],
    ['null', null],
    ['an unforeseen error with extensions', Object.assign(new Error('secret'), { extensions: { secret: 1 } })],
  ])('keeps %s to itself', (_what, thrown) => {
    const { problem, unexpected } = problemOf(thrown, table);
    expect(unexpected).toBe(true);
    expect(problem).toEqual({
      type: 'https://cartulary.dev/problems/internal',
      title: runtimeProblems.INTERNAL.title,
      status: 500,
      code: 'INTERNAL',
    });
  });

  it('does not let extensions replace what a problem has to say', () => {
    const error = coded('LEDGER_CONFLICT', { extensions: { status: 200, code: 'OK', stream: 's' } });
    expect(problemOf(error, table).problem).toMatchObject({ status: 409, code: 'LEDGER_CONFLICT', stream: 's' });
  });
});
