// For tests only, also those of other packages.
export { CountingSigner } from './counting-signer.js';
export { TestDomain, testCsr } from './test-domain.js';
export type { TestDomainOptions } from './test-domain.js';
export { testSettings } from './test-settings.js';
