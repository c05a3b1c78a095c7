import { Octets } from '../asn1/octets.js';
import { lengthOf } from './entry-pieces.js';

/** A TBSCertList in pieces: what stands before the entries (with their list's header), entries, and what is behind. */
export class CertListOctets extends Octets {
  constructor(
    readonly head: Buffer,
    readonly entries: readonly Buffer[],
    readonly tail: Buffer,
  ) {
    super([head, entries, tail], head.length + lengthOf(entries) + tail.length);
  }
}
