import type { IssuedCertificate } from '../authority/authority.js';

type Window = Pick<IssuedCertificate, 'renewFrom' | 'renewUntil' | 'notAfter'>;

/**
 * When to renew: a random moment of the window that the CA paces renewals with (DESIGN §11.11); now, where that is over.
 * `random` is from 0 to 1.
 */
export const renewalTime = ({ renewFrom, renewUntil, notAfter }: Window, now: Date, random: number): Date => {
  const from = Math.max(renewFrom.getTime(), now.getTime());
  const until = Math.min(Math.max(renewUntil.getTime(), from), Math.max(notAfter.getTime(), from));
  return new Date(from + (until - from) * random);
};

/** Longest pause between two tries, ms: of what is left of a certificate's life there are at least 20 tries. */
export const longestPause = (left: number): number => Math.min(60_000, Math.max(1_000, left / 20));
