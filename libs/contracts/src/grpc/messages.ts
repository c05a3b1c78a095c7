// The messages of protobuf/, as they are decoded: camel case, 64-bit integers as numbers, enums by name, and every field
// that is not a message present with its default. definitions.unit.spec.ts holds these to the .proto files.

/** google.protobuf.Timestamp */
export interface ProtoTimestamp {
  readonly seconds: number;
  readonly nanos: number;
}

/** google.protobuf.Struct, as far as it is read here. */
export interface ProtoStruct {
  readonly fields?: Readonly<Record<string, { readonly stringValue?: string }>>;
}

export interface IstioCertificateRequest {
  readonly csr: string;
  readonly validityDuration: number;
  readonly metadata: ProtoStruct | null;
}
export interface IstioCertificateResponse {
  readonly certChain: readonly string[];
}

export interface AgentCertificate {
  readonly chain: readonly string[];
  readonly serial: string;
  readonly issuerId: string;
  readonly spiffeId: string;
  readonly notBefore: ProtoTimestamp;
  readonly notAfter: ProtoTimestamp;
  readonly renewFrom: ProtoTimestamp;
  readonly renewUntil: ProtoTimestamp;
  readonly position: number;
}
export interface AttestRequest {
  readonly joinToken: string;
  readonly csr: string;
}
export interface AttestResponse {
  readonly certificate: AgentCertificate;
  readonly node: string;
  readonly trustDomain: string;
}
export interface RenewAgentRequest {
  readonly csr: string;
}
export interface SignWorkloadRequest {
  readonly spiffeId: string;
  readonly csr: string;
  readonly ttl: number;
  readonly predecessor: string;
}
export interface CertificateResponse {
  readonly certificate: AgentCertificate;
}
export interface ProtoSelector {
  readonly uid?: number;
  readonly gid?: number;
  readonly path?: string;
}
export interface Entitlement {
  readonly spiffeId: string;
  readonly selectors: readonly ProtoSelector[];
  readonly suspended: boolean;
}
export interface Entitlements {
  readonly entitlements: readonly Entitlement[];
  readonly position: number;
}

export interface StreamTrustRequest {
  readonly held: readonly { readonly issuerId: string; readonly number: number }[];
  readonly canaries?: boolean;
}
export interface CanaryMessage {
  readonly issuerId: string;
  readonly number: number;
  readonly chain: readonly Uint8Array[];
  readonly privateKey: Uint8Array;
}
export interface TrustBundleMessage {
  readonly trustDomain: string;
  readonly anchors: readonly Uint8Array[];
  readonly intermediates: readonly Uint8Array[];
  readonly sequence: number;
}
export interface CrlMessage {
  readonly issuerId: string;
  readonly issuerName: Uint8Array;
  readonly number: number;
  readonly thisUpdate: ProtoTimestamp;
  readonly nextUpdate: ProtoTimestamp;
  readonly der: Uint8Array;
  readonly sha256: Uint8Array;
  readonly role: 'ROLE_UNSPECIFIED' | 'ROLE_ISSUER' | 'ROLE_PARENT';
}
export interface RevocationMessage {
  readonly issuerId: string;
  readonly serial: string;
  readonly status: 'STATUS_UNSPECIFIED' | 'STATUS_REVOKED' | 'STATUS_HELD' | 'STATUS_RELEASED';
  readonly at: ProtoTimestamp;
  readonly position: number;
  readonly spiffeId: string;
}
export interface ServiceRulesMessage {
  readonly service: string;
  readonly runs: readonly string[];
  readonly callers: readonly string[];
  readonly mode: 'MODE_UNSPECIFIED' | 'MODE_DISABLED' | 'MODE_PERMISSIVE' | 'MODE_STRICT';
  readonly enforced: boolean;
}
export interface RotationMessage {
  readonly rotationId: string;
  readonly serials: readonly string[];
  readonly from: ProtoTimestamp;
  readonly until: ProtoTimestamp;
}
/** What is absent has not changed. */
export interface StreamTrustResponse {
  readonly position: number;
  readonly complete: boolean;
  readonly bundle?: TrustBundleMessage;
  readonly crls?: readonly CrlMessage[];
  readonly endedIssuers?: readonly string[];
  readonly suspensions?: { readonly spiffeIds: readonly string[] };
  readonly rotations?: readonly RotationMessage[];
  readonly revocations?: readonly RevocationMessage[];
  readonly services?: { readonly rules: readonly ServiceRulesMessage[] };
  readonly canaries?: readonly CanaryMessage[];
}
export interface Acknowledgement {
  readonly issuerId: string;
  readonly number: number;
  readonly proxy: string;
  readonly context: string;
  readonly state:
    'STATE_UNSPECIFIED' | 'STATE_DELIVERED' | 'STATE_ENFORCED' | 'STATE_REJECTED' | 'STATE_CANARY_ACCEPTED';
  readonly at: ProtoTimestamp | null;
}
export interface AcknowledgeRequest {
  readonly acknowledgements: readonly Acknowledgement[];
}
