export interface AnswerDates {
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
}

export interface DatingInput {
  readonly now: Date;
  /** Every event acknowledged before has been folded. */
  readonly asOf: Date;
  /** Milliseconds, as `validity`. */
  readonly clockSkew: number;
  readonly validity: number;
  readonly issuerNotBefore: Date;
  /** End of the delegated certificate: nobody can verify the answer after it. */
  readonly signerNotAfter: Date;
}

/**
 * What an answer may claim of its time, in whole seconds. It never claims to know more than was folded: thisUpdate is
 * never after `asOf`, so no answer dated at or after a revocation says good, and one who is cut off from the events
 * gets answers that end. Backdated for slow clocks, but not before there was an issuer.
 */
export const answerDates = (input: DatingInput): AnswerDates => {
  const { now, clockSkew, validity, issuerNotBefore, signerNotAfter } = input;
  // Clocks are set back, too; the past is the safe side.
  const asOf = Math.min(input.asOf.getTime(), now.getTime());
  const thisUpdate = Math.min(asOf, Math.max(asOf - clockSkew, issuerNotBefore.getTime()));
  const nextUpdate = Math.min(asOf + validity, signerNotAfter.getTime());
  return { thisUpdate: wholeSeconds(thisUpdate), nextUpdate: wholeSeconds(nextUpdate) };
};

const wholeSeconds = (ms: number): Date => new Date(Math.floor(ms / 1_000) * 1_000);
