import { patternKind } from '../kinds.js';

export const serviceNameKind = patternKind(
  'name',
  /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
  63,
  'lower-case letters, digits and hyphens, such as `responder-eu-1`',
);
