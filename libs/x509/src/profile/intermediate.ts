import { encodeName } from '../asn1/distinguished-name.js';
import { basicConstraints, keyUsage } from '../certificate/encode-extension.js';
import { type ProfileContents } from './contents.js';
import { type IntermediateRequest } from './request.js';

/** Between root and issuers: one more CA below. */
export const intermediateContents = ({ subject }: IntermediateRequest): ProfileContents => ({
  subjectName: encodeName(subject),
  extensions: [basicConstraints(true, 1), keyUsage('keyCertSign', 'cRLSign')],
});
