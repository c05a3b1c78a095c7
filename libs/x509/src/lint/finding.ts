/** An error keeps the object from being signed; a warning is counted and logged. */
export type Severity = 'error' | 'warning';

/** What a rule found. Says what is wrong, never quoting names or keys. */
export interface Finding {
  readonly rule: string;
  readonly section: string;
  readonly severity: Severity;
  readonly message: string;
}

/** One rule of one document. `check` says what is wrong, or nothing. */
export interface Rule<Subject> {
  /** Stable: stands in errors, logs and metrics. */
  readonly id: string;
  readonly section: string;
  readonly severity: Severity;
  check(subject: Subject): string | undefined;
}

export const applyRules = <Subject>(rules: readonly Rule<Subject>[], subject: Subject): Finding[] => {
  const findings: Finding[] = [];
  for (const rule of rules) {
    const message = rule.check(subject);
    if (message !== undefined) {
      findings.push({ rule: rule.id, section: rule.section, severity: rule.severity, message });
    }
  }
  return findings;
};
