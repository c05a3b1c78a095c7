import * as certificates from './certificates.js';
import * as deadLetters from './dead-letters.js';
import * as diagnostics from './diagnostics.js';
import * as enforcement from './enforcement.js';
import * as identities from './identities.js';
import * as incidents from './incidents.js';
import * as issuers from './issuers.js';
import * as ledger from './ledger.js';
import * as operations from './operations.js';
import * as placements from './placements.js';
import * as projections from './projections.js';
import * as publications from './publications.js';
import * as relyingParties from './relying-parties.js';
import * as revocations from './revocations.js';
import * as rotations from './rotations.js';
import * as services from './services.js';
import * as tokens from './tokens.js';

/** Every route by its operation id; controllers, OpenAPI and the client are made from these. */
export const routes = {
  issueCertificate: certificates.issueCertificate,
  issueCertificates: certificates.issueCertificates,
  listCertificates: certificates.listCertificates,
  getCertificate: certificates.getCertificate,
  renewCertificate: certificates.renewCertificate,
  getCertificateHistory: certificates.getCertificateHistory,
  createRevocation: revocations.createRevocation,
  releaseCertificate: revocations.releaseCertificate,
  declareIncident: incidents.declareIncident,
  listIncidents: incidents.listIncidents,
  getIncident: incidents.getIncident,
  closeIncident: incidents.closeIncident,
  orderRotation: rotations.orderRotation,
  listRotations: rotations.listRotations,
  getRotation: rotations.getRotation,
  registerIdentity: identities.registerIdentity,
  listIdentities: identities.listIdentities,
  getIdentity: identities.getIdentity,
  suspendIdentity: identities.suspendIdentity,
  reinstateIdentity: identities.reinstateIdentity,
  placeIdentity: placements.placeIdentity,
  listPlacements: placements.listPlacements,
  displaceIdentity: placements.displaceIdentity,
  defineService: services.defineService,
  listServices: services.listServices,
  getService: services.getService,
  retireService: services.retireService,
  setMutualTls: services.setMutualTls,
  listMutualTls: services.listMutualTls,
  clearMutualTls: services.clearMutualTls,
  getEnforcement: enforcement.getEnforcement,
  listIssuers: issuers.listIssuers,
  getIssuer: issuers.getIssuer,
  rotateIssuer: issuers.rotateIssuer,
  retireIssuer: issuers.retireIssuer,
  revokeIssuer: issuers.revokeIssuer,
  getTrustBundle: issuers.getTrustBundle,
  listPublications: publications.listPublications,
  listEvents: ledger.listEvents,
  listProjections: projections.listProjections,
  rebuildProjection: projections.rebuildProjection,
  listDeadLetters: deadLetters.listDeadLetters,
  getDeadLetter: deadLetters.getDeadLetter,
  replayDeadLetter: deadLetters.replayDeadLetter,
  getDiagnostics: diagnostics.getDiagnostics,
  createToken: tokens.createToken,
  createJoinToken: tokens.createJoinToken,
  listTokens: tokens.listTokens,
  revokeToken: tokens.revokeToken,
  whoAmI: tokens.whoAmI,
  getOpenApi: operations.getOpenApi,
  getLiveness: operations.getLiveness,
  getReadiness: operations.getReadiness,
  getMetrics: operations.getMetrics,
} as const;

/** Plain HTTP, no credential: what relying parties read. */
export const publicRoutes = {
  getCrl: relyingParties.getCrl,
  getDeltaCrl: relyingParties.getDeltaCrl,
  getOcsp: relyingParties.getOcsp,
  postOcsp: relyingParties.postOcsp,
  getIssuerCertificate: relyingParties.getIssuerCertificate,
  getSpiffeBundle: relyingParties.getSpiffeBundle,
} as const;

export type Routes = typeof routes;
export type OperationId = keyof Routes;
