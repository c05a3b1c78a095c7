// What outsiders see: REST routes and schemas, problem codes, OpenAPI.
export { fastifyPath, expandPath, isRawBody } from './rest/route.js';
export type { BodyOf, Method, ParamsOf, QueryOf, RawBody, ResultOf, Route } from './rest/route.js';
export { publicRoutes, routes } from './rest/routes.js';
export type { OperationId, Routes } from './rest/routes.js';
export { permissions, roleMay, rolePermissions } from './rest/permissions.js';
export type { Permission } from './rest/permissions.js';
export { parseDuration } from './rest/values.js';
export type { Ttl } from './rest/values.js';

// Each name is the schema and its static type.
export { Certificate, FullCertificate } from './rest/certificates.js';
export type { IssueRequest } from './rest/certificates.js';
export { Identity } from './rest/identities.js';
export { Incident, IncidentDeclaration, IncidentPreview } from './rest/incidents.js';
export type { IncidentRequest, IncidentSelectorInput } from './rest/incidents.js';
export { Placement, Selector } from './rest/placements.js';
export { Issuer, IssuerRetirement, IssuerRevocation, IssuerRotation, TrustBundle } from './rest/issuers.js';
export type { IssuerRevocationRequest } from './rest/issuers.js';
export { LedgerEvent } from './rest/ledger.js';
export { Liveness, Readiness } from './rest/operations.js';
export { DeadLetter, FullDeadLetter } from './rest/dead-letters.js';
export { Diagnostics } from './rest/diagnostics.js';
export { Projection, ProjectionGeneration } from './rest/projections.js';
export { Publication } from './rest/publications.js';
export { Revocation } from './rest/revocations.js';
export type { RevocationRequest } from './rest/revocations.js';
export { Rotation } from './rest/rotations.js';
export type { RotationRequest } from './rest/rotations.js';
export { Enforcement } from './rest/enforcement.js';
export { MutualTls, Service } from './rest/services.js';
export type { ServiceRequest } from './rest/services.js';
export { SpiffeBundle } from './rest/relying-parties.js';
export { Caller, CreatedToken, Token } from './rest/tokens.js';

export type {
  DomainProblemCode,
  EdgeProblemCode,
  LedgerProblemCode,
  PolicyProblemCode,
  ProblemCode,
} from './problems/problem-code.js';
export { Problem, problemDocument, problemMediaType } from './problems/problem-document.js';
export { grpcStatus } from './problems/problem-row.js';
export type { GrpcStatus, ProblemRow } from './problems/problem-row.js';
export { isProblemCode, problemCodes, problems, problemType } from './problems/problems.js';
export { problemsMarkdown } from './problems/problems-markdown.js';

export { apiVersion, openApiDocument } from './openapi/openapi-document.js';
export { problemCodesOf } from './openapi/problem-responses.js';

export { textValidatorFor, validatorFor } from './validation/validator.js';
export type { Mismatch, Validate, Validated } from './validation/validator.js';

export { asyncApiDocument } from './asyncapi/asyncapi-document.js';
export { aggregateOf, aggregates } from './events/aggregates.js';
export type { Aggregate } from './events/aggregates.js';
export {
  cloudEventSource,
  cloudEventType,
  eventContentType,
  eventSchemaId,
  extensionAttributes,
  heartbeatType,
} from './events/cloud-event.js';
export type { ExtensionAttribute } from './events/cloud-event.js';
export { eventTypeNames, eventTypes, isEventType } from './events/event-types.js';
export type { EventType, PublishedEvent } from './events/event-types.js';
export { deadLetterTopic, eventTopicOf, otherTopic, stateTopicNames, topics } from './events/topics.js';
export type { StateTopicName, Topic, TopicKind } from './events/topics.js';
export {
  BundleStateRecord,
  CertificateStateRecord,
  DeltaStateRecord,
  Heartbeat,
  IssuerStateRecord,
  PreparationStateRecord,
  PublicationStateRecord,
  RevokedRecord,
  stateRecords,
} from './events/state-records.js';
export type { CertificateChange, StateRecordOf } from './events/state-records.js';

export { grpcMetadata, grpcPackage, grpcServices } from './grpc/definitions.js';
export type {
  Acknowledgement,
  AcknowledgeRequest,
  AgentCertificate,
  AttestRequest,
  AttestResponse,
  CertificateResponse,
  CanaryMessage,
  CrlMessage,
  Entitlement,
  Entitlements,
  IstioCertificateRequest,
  IstioCertificateResponse,
  ProtoTimestamp,
  RenewAgentRequest,
  RevocationMessage,
  RotationMessage,
  ServiceRulesMessage,
  SignWorkloadRequest,
  StreamTrustRequest,
  StreamTrustResponse,
  TrustBundleMessage,
} from './grpc/messages.js';
