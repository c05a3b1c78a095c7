// What every service starts with.
export { AsOfBeyondHeadError, momentOf, until } from './as-of.js';
export type { Moment } from './as-of.js';
export { certificateOutlineView, certificateView, identityView, tokenView } from './certificate-view.js';
export type { CertificateOutline, IssuedState, TokenOutline, ViewedAt } from './certificate-view.js';
export { Database } from './database.js';
export { eventView } from './event-view.js';
export { IssuerDirectory, isKeyGone } from './issuer-directory.js';
export type { KnownIssuer } from './issuer-directory.js';
export { problemTable } from './problem-table.js';
export { deltaCrlUrl, publicationsOf } from './publications.js';
export { CrlMismatchError } from './crl-bytes.js';
export type { DumpedPreparation, PreparedCrl, PreparedDelta, PublishedCrl } from './crl-bytes.js';
export { RevocationLists, revocationListEventTypes } from './revocation-lists.js';
export type { DumpedList, Ending, ReleasedEntry } from './revocation-lists.js';
export { RotationDirectory } from './rotation-directory.js';
export { ServiceModule } from './service.module.js';
export type { ServiceResources } from './service.module.js';
export { Settings } from './settings.js';
export type { Lifetime } from './settings.js';
export { validity } from './validity.js';

// A service as a process of its own.
export { CertificateFiles, ownCertificate } from './run/certificate-files.js';
export type { OwnCertificate } from './run/certificate-files.js';
export { databaseUrlsOf, requireDatabase } from './run/database-urls.js';
export type { DatabaseUrls } from './run/database-urls.js';
export { DataDirectory } from './run/data-directory.js';
export type { Listening, Needs, ServiceDefinition } from './run/definition.js';
export { ServiceSetupError } from './run/errors.js';
export { IssuanceClient } from './run/issuance-client.js';
export { kafkaSettingsOf, requireKafka } from './run/kafka-settings.js';
export { openRest } from './run/open-rest.js';
export { forgetIdempotencyKeys } from './run/forget-idempotency-keys.js';
export { openLedgerTransport, openRelay } from './run/open-transport.js';
export type { CertificateSource, CertificateWanted, OwnKind } from './run/own-certificates.js';
export { RestrictedSigner } from './run/restricted-signer.js';
export type { SignerRights } from './run/restricted-signer.js';
export { runProcess } from './run/run-process.js';
export type { Process, Started } from './run/run-process.js';
export { runService } from './run/run-service.js';
export { serverNamesOf } from './run/server-names.js';
export { ServiceApplicationModule } from './run/service-application.module.js';
export { settingsOf } from './run/settings-of.js';
export { watchDeadLetters } from './run/watch.js';

// gRPC beside REST.
export { authorizationOf } from './grpc/call.js';
export type { GrpcCall, GrpcHandlers, GrpcStream } from './grpc/call.js';
export { GrpcAccess } from './grpc/grpc-access.js';
export type { AgentCaller } from './grpc/grpc-access.js';
export { GrpcServer } from './grpc/grpc-server.js';
export { grpcCallersAnchors, listenGrpc } from './grpc/listen-grpc.js';
export { Placements } from './grpc/placements.js';
export { protoTime } from './grpc/proto-time.js';
export { Changes } from './grpc/stream.js';
