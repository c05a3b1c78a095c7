// Owner of issuers and of what is due for renewal.
export { CreateTrustDomainCommand } from './create-trust-domain/command.js';
export type { ImportedCeremony } from './import-ceremony/ceremony-issuers.js';
export { RotationModule } from './rotation.module.js';
