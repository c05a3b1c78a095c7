import type { ServedCrl } from '../serve-crl/served-crls.js';

/** With its bytes in one piece: where the pieces end says nothing. */
export const whole = (crl: ServedCrl | undefined): object | undefined =>
  crl && { ...crl, octets: crl.octets.join().toString('hex') };
