import { messages } from '../wire/messages.js';

// Envoy's v3 messages, as far as SDS needs them (envoy.service.discovery.v3, envoy.extensions.transport_sockets.tls.v3,
// envoy.config.core.v3, google.protobuf.Any, google.rpc.Status). Numbers are theirs and never change.
export const sdsMessages = messages({
  Node: { id: 'string 1', cluster: 'string 2' },
  Status: { code: 'int32 1', message: 'string 2' },
  Any: { typeUrl: 'string 1', value: 'bytes 2' },
  DiscoveryRequest: {
    versionInfo: 'string 1',
    node: 'Node 2',
    resourceNames: 'repeated string 3',
    typeUrl: 'string 4',
    responseNonce: 'string 5',
    errorDetail: 'Status 6',
  },
  DiscoveryResponse: {
    versionInfo: 'string 1',
    resources: 'repeated Any 2',
    typeUrl: 'string 4',
    nonce: 'string 5',
  },
  DeltaDiscoveryRequest: {
    node: 'Node 1',
    typeUrl: 'string 2',
    resourceNamesSubscribe: 'repeated string 3',
    resourceNamesUnsubscribe: 'repeated string 4',
    initialResourceVersions: 'map<string,string> 5',
    responseNonce: 'string 6',
    errorDetail: 'Status 7',
  },
  Resource: { version: 'string 1', resource: 'Any 2', name: 'string 3' },
  DeltaDiscoveryResponse: {
    systemVersionInfo: 'string 1',
    resources: 'repeated Resource 2',
    typeUrl: 'string 4',
    nonce: 'string 5',
    removedResources: 'repeated string 6',
  },
  DataSource: { inlineBytes: 'bytes 2' },
  TlsCertificate: { certificateChain: 'DataSource 1', privateKey: 'DataSource 2', ocspStaple: 'DataSource 4' },
  // No only_verify_leaf_cert_crl: the CRL that cuts off an issuer is its parent's (DESIGN §6.3).
  CertificateValidationContext: { trustedCa: 'DataSource 1', crl: 'DataSource 7' },
  Secret: {
    name: 'string 1',
    tlsCertificate: 'TlsCertificate 2',
    validationContext: 'CertificateValidationContext 4',
  },
});

export const secretTypeUrl = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret';

export interface ErrorDetail {
  readonly code: number;
  readonly message: string;
}

/** A field that is a message is null where it is absent. */
export interface DiscoveryRequest {
  readonly versionInfo: string;
  readonly node: { readonly id: string; readonly cluster?: string } | null;
  readonly resourceNames: readonly string[];
  readonly typeUrl: string;
  readonly responseNonce: string;
  readonly errorDetail: ErrorDetail | null;
}

export interface Any {
  readonly typeUrl: string;
  readonly value: Buffer;
}

export interface DiscoveryResponse {
  readonly versionInfo: string;
  readonly resources: readonly Any[];
  readonly typeUrl: string;
  readonly nonce: string;
}

export interface DeltaDiscoveryRequest {
  readonly node: { readonly id: string; readonly cluster?: string } | null;
  readonly typeUrl: string;
  readonly resourceNamesSubscribe: readonly string[];
  readonly resourceNamesUnsubscribe: readonly string[];
  readonly initialResourceVersions: Readonly<Record<string, string>>;
  readonly responseNonce: string;
  readonly errorDetail: ErrorDetail | null;
}

export interface DeltaDiscoveryResponse {
  readonly systemVersionInfo: string;
  readonly resources: readonly { readonly name: string; readonly version: string; readonly resource: Any }[];
  readonly typeUrl: string;
  readonly nonce: string;
  readonly removedResources: readonly string[];
}
