// Issues and renews certificates; owner of identities and tokens.
export { IssuanceModule } from './issuance.module.js';
export { IssueCertificateCommand } from './issue-certificate/command.js';
export type { IssueRequest, RequestContext } from './issue-certificate/command.js';
export { RegisterIdentityCommand } from './register-identity/handler.js';
