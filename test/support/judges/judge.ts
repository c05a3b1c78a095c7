import { installed } from './installed.js';

/** What a judge is shown of one certificate. PEM. */
export interface Exhibit {
  readonly keyPem: string;
  readonly certificate: string;
  /** Issuer first, up to below the root. */
  readonly chain: string;
}

export interface Verdict {
  readonly accepted: boolean;
  /** In the judge's own words, on one line. */
  readonly said: string;
}

/** What every judge has: anchors, CRLs of every CA, a certificate to serve with, a place for files, and its clock. */
export interface Bench {
  readonly directory: string;
  /** PEM. */
  readonly root: string;
  /** PEM. */
  readonly crls: string;
  readonly server: Exhibit;
  /** Where the responder is, for judges that are told and don't read it in the certificate. */
  readonly ocspUrl: string;
  /** Milliseconds that the judge's clock is ahead of ours. */
  readonly clock: number;
}

/** Somebody nobody here wrote, who decides whether a certificate is good. */
export interface Judge {
  judge(exhibit: Exhibit): Promise<Verdict>;
  close(): Promise<void>;
}

export interface KnownJudge {
  readonly name: string;
  /** How it learns of revocations, for the matrix. */
  readonly by: string;
  open(bench: Bench): Promise<Judge>;
}

/** The environment in which a program's clock is another one. Its timers go on by the real one. */
export const clockEnvironment = (clock: number): Readonly<Record<string, string>> =>
  clock === 0 ? {} : { LD_PRELOAD: installed('clock'), JUDGE_CLOCK: String(clock / 1_000) };
