import { type Extension } from '../certificate/extension.js';

/** What a profile makes of a request; AKI and SKI, AIA and CDP are added to every profile alike. */
export interface ProfileContents {
  /** Name, DER. */
  readonly subjectName: Buffer;
  readonly extensions: readonly Extension[];
}
