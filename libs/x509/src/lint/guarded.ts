import { EncodingError } from '../errors.js';
import { type Finding } from './finding.js';

/** Bytes that can't even be read are a finding too. */
export const guarded = (rule: string, find: () => Finding[]): Finding[] => {
  try {
    return find();
  } catch (error) {
    if (!(error instanceof EncodingError)) throw error;
    return [{ rule, section: 'X.690, sections 8 and 10', severity: 'error', message: error.message }];
  }
};
