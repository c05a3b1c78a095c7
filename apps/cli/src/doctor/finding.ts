export type Verdict = 'ok' | 'warning' | 'failed';

/** What one check has seen. */
export interface Finding {
  readonly check: string;
  /** Of what, where a check looks at several things. */
  readonly about?: string;
  readonly status: Verdict;
  readonly seen: string;
  /** How it is mended. */
  readonly hint?: string;
}

/** What a check finds, without its name. */
export type Seen = Omit<Finding, 'check'>;

export const ok = (seen: string, about?: string): Seen => found('ok', seen, undefined, about);
export const warning = (seen: string, hint: string, about?: string): Seen => found('warning', seen, hint, about);
export const failed = (seen: string, hint?: string, about?: string): Seen => found('failed', seen, hint, about);

const found = (status: Verdict, seen: string, hint: string | undefined, about: string | undefined): Seen => ({
  ...(about === undefined ? {} : { about }),
  status,
  seen,
  ...(hint === undefined ? {} : { hint }),
});

/** The worst of all. */
export const worst = (findings: readonly Finding[]): Verdict => {
  const has = (status: Verdict): boolean => findings.some((finding) => finding.status === status);
  return has('failed') ? 'failed' : has('warning') ? 'warning' : 'ok';
};
