// Revokes, holds, releases; builds and publishes CRLs.
export { RevocationModule } from './revocation.module.js';
