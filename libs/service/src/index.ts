// What every service starts with.
export { certificateOutlineView, certificateView, identityView, tokenView } from './certificate-view.js';
export type { CertificateOutline, IssuedState, TokenOutline, ViewedAt } from './certificate-view.js';
export { Database } from './database.js';
export { IssuerDirectory, issuerEventTypes } from './issuer-directory.js';
export type { KnownIssuer } from './issuer-directory.js';
export { problemTable } from './problem-table.js';
export { publicationsOf } from './publications.js';
export { CrlMismatchError, RevocationLists, revocationListEventTypes } from './revocation-lists.js';
export type { PreparedCrl, PublishedCrl } from './revocation-lists.js';
export { ServiceModule } from './service.module.js';
export type { ServiceResources } from './service.module.js';
export { Settings } from './settings.js';
export type { Lifetime } from './settings.js';
export { validity } from './validity.js';
