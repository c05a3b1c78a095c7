import { type RevokedEntry } from './revoked-entry.js';

/** The revoked certificates of one issuer, encoded and sorted by serial. */
export class RevokedEntries {
  get size(): number {
    throw new Error('not written');
  }
  /** Adds or replaces; notAfter is the certificate's, for removeExpired. */
  set(_entry: RevokedEntry, _notAfter: Date): void {
    throw new Error('not written');
  }
  /** True when it was there. */
  remove(_serial: string): boolean {
    throw new Error('not written');
  }
  has(_serial: string): boolean {
    throw new Error('not written');
  }
  /** Drops the certificates whose notAfter is before the time; returns how many. */
  removeExpired(_before: Date): number {
    throw new Error('not written');
  }
  /** Consecutive pieces for buildTbsCertList; later changes don't touch them. */
  encode(): readonly Buffer[] {
    throw new Error('not written');
  }
}
