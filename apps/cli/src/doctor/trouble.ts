import { ProblemError, UnreachableError } from '@cartulary/client';
import { hintFor } from '../output/report-error.js';
import { failed, type Seen, warning } from './finding.js';

const CLOCK_CODES = new Set(['CERT_NOT_YET_VALID', 'CERT_HAS_EXPIRED']);

/** A check that could not be made: who may not look can't say that something is wrong. */
export const trouble = (error: unknown): Seen => {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof ProblemError && error.status === 403)
    return warning(`not looked at: ${message}`, 'Ask as an admin or an auditor.');
  if (error instanceof UnreachableError && CLOCK_CODES.has(String(codeOf(error.cause))))
    return failed(message, 'Its certificate is not valid at this time: compare the clocks of both machines.');
  return failed(message, hintFor(error));
};

const codeOf = (error: unknown): unknown => (error as { code?: unknown } | null | undefined)?.code;
