import { type Serial, type Timestamp, timestamp } from '../shared/ids.js';

/** When a certificate should be replaced, at any moment between (RFC 9773 says `suggestedWindow`). */
export interface RenewalWindow {
  readonly start: Timestamp;
  readonly end: Timestamp;
}

/** Shares of a certificate's life: its window begins between `from` and `to`, and is `length` long. */
export interface RenewalPolicy {
  readonly from: number;
  readonly to: number;
  readonly length: number;
}

export const defaultRenewalPolicy: RenewalPolicy = { from: 0.5, to: 0.75, length: 0.1 };

export interface Life {
  readonly serial: Serial;
  /** When it could be used first: notBefore without the backdating. */
  readonly validFrom: Timestamp;
  readonly notAfter: Timestamp;
}

// Independent parts of the serial's 128 random bits, so that those of one window spread in another's order.
const PARTS = { renewal: [-24, -12], rotation: [-12, undefined] } as const;

/** From 0 to below 1: where among all others a certificate stands. */
const share = (serial: Serial, part: keyof typeof PARTS): number =>
  Number.parseInt(serial.padStart(24, '0').slice(...PARTS[part]), 16) / 2 ** 48;

const between = (start: number, end: number, at: number): number => start + (end - start) * at;

/**
 * The window of a new certificate. The serial's random bits place it, so that certificates of one second are replaced
 * evenly over `to - from` of their life, and not in a storm.
 */
export const renewalWindow = (
  { serial, validFrom, notAfter }: Life,
  { from, to, length }: RenewalPolicy = defaultRenewalPolicy,
): RenewalWindow => {
  const [begins, ends] = [Date.parse(validFrom), Date.parse(notAfter)];
  const life = Math.max(0, ends - begins);
  const start = begins + life * between(from, to, share(serial, 'renewal'));
  return { start: timestamp(new Date(start)), end: timestamp(new Date(Math.min(start + life * length, ends))) };
};

/** As it was chosen at issuance; certificates from before windows were chosen get the default. */
export const renewalWindowOf = (
  issued: Omit<Life, 'validFrom'> & { readonly notBefore: Timestamp; readonly renewalWindow?: RenewalWindow },
): RenewalWindow => issued.renewalWindow ?? renewalWindow({ ...issued, validFrom: issued.notBefore });

/** From 0 to below 1: the certificate's place in the window of any rotation. */
export const rotationTurn = (serial: Serial): number => share(serial, 'rotation');

/** The moment of a rotation's window at which this certificate's turn comes: evenly spread, the same for everybody. */
export const rotationMoment = ({ start, end }: RenewalWindow, serial: Serial): Timestamp =>
  timestamp(new Date(Math.floor(between(Date.parse(start), Date.parse(end), rotationTurn(serial)))));

/** A certificate's window under a rotation: moved earlier, never later (RFC 9773, section 4.2). */
export const rotatedWindow = (own: RenewalWindow, ordered: RenewalWindow, serial: Serial): RenewalWindow => {
  const start = rotationMoment(ordered, serial);
  if (own.start <= start) return own;
  return { start, end: ordered.end < own.end ? ordered.end : own.end };
};
