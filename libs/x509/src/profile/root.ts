import { encodeName } from '../asn1/distinguished-name.js';
import { basicConstraints, keyUsage } from '../certificate/encode-extension.js';
import { type ProfileContents } from './contents.js';
import { type RootRequest } from './request.js';

export const rootContents = ({ subject }: RootRequest): ProfileContents => ({
  subjectName: encodeName(subject),
  extensions: [basicConstraints(true), keyUsage('keyCertSign', 'cRLSign')],
});
