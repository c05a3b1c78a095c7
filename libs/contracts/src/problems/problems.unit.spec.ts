import { runtimeProblems } from '@cartulary/runtime';
import { describe, expect, it } from 'vitest';
import { grpcStatus } from './problem-row.js';
import { problemDocument } from './problem-document.js';
import { problemsMarkdown } from './problems-markdown.js';
import { isProblemCode, problemCodes, problems } from './problems.js';

describe('problems', () => {
  it.each(problemCodes)('%s says what to do', (code) => {
    const { status, grpc, title, remedy } = problems[code];
    expect(status).toBeGreaterThanOrEqual(400);
    expect(grpcStatus).toHaveProperty(grpc);
    expect(title).not.toMatch(/\.$/);
    expect(remedy).toMatch(/\.$/);
  });

  it('ask to come back where that helps, and only there', () => {
    for (const code of problemCodes) {
      const { status, retryAfter } = problems[code];
      if (status === 503 || status === 429) expect(retryAfter).toBeGreaterThan(0);
      if (status < 409 && status !== 408) expect(retryAfter).toBeUndefined();
    }
  });

  it('have what the REST application throws by itself, with the same meaning', () => {
    for (const [code, { status, title, grpc }] of Object.entries(runtimeProblems)) {
      if (!isProblemCode(code)) throw new Error(`no row for ${code}`);
      expect(problems[code]).toMatchObject({ status, title });
      expect(grpcStatus[problems[code].grpc], code).toBe(grpc);
    }
  });

  it('know a code from any other text', () => {
    expect(isProblemCode('KEY_BLOCKED')).toBe(true);
    expect(isProblemCode('toString')).toBe(false);
    expect(isProblemCode(undefined)).toBe(false);
  });

  it('become RFC 9457 documents', () =>
    expect(problemDocument('KEY_BLOCKED', { detail: 'the key ab is blocked' })).toEqual({
      type: 'urn:cartulary:problem:KEY_BLOCKED',
      title: 'The key is blocked',
      status: 409,
      code: 'KEY_BLOCKED',
      detail: 'the key ab is blocked',
    }));

  it('are what docs/errors.md says', () =>
    expect(problemsMarkdown()).toMatchFileSnapshot('../../../../docs/errors.md'));
});
