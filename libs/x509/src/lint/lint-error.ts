import { X509Error } from '../errors.js';
import { type Finding } from './finding.js';

/** Bytes that break a rule were about to be signed. They were not: this is a defect of whoever wrote them. */
export class LintError extends X509Error {
  readonly code = 'LINT_REFUSED';

  constructor(readonly findings: readonly Finding[]) {
    super(findings.map(({ rule, section, message }) => `${rule}: ${message} (${section})`).join('; '));
  }

  /** The ids of the rules that were broken. */
  get rules(): readonly string[] {
    return this.findings.map(({ rule }) => rule);
  }
}
