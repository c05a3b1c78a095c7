import type { Type } from 'protobufjs';
import type { Any } from '../sds/messages.js';
import { encode, messages } from '../wire/messages.js';

// Envoy's v3 messages, as far as a workload's proxy needs them. Names and numbers are theirs (envoy.config.*,
// envoy.extensions.*, envoy.service.*); where two of theirs share a name, ours says which. Enumerations are numbers.
export const xds = messages({
  Empty: {},
  Any: { typeUrl: 'string 1', value: 'bytes 2' },
  Bool: { value: 'bool 1' },
  UInt32: { value: 'uint32 1' },
  Duration: { seconds: 'int64 1', nanos: 'int32 2' },
  Value: { stringValue: 'string 3' },
  Struct: { fields: 'map<string,Value> 1' },
  Metadata: { filterMetadata: 'map<string,Struct> 1' },
  SocketAddress: { address: 'string 2', portValue: 'uint32 3' },
  Address: { socketAddress: 'SocketAddress 1' },
  HeaderValue: { key: 'string 1', value: 'string 2' },
  StringMatcher: { exact: 'string 1' },

  // envoy.config.core.v3
  Backoff: { baseInterval: 'Duration 1', maxInterval: 'Duration 2' },
  GrpcRetry: { retryBackOff: 'Backoff 1' },
  EnvoyGrpc: { clusterName: 'string 1', retryPolicy: 'GrpcRetry 3' },
  GrpcService: { envoyGrpc: 'EnvoyGrpc 1', timeout: 'Duration 3', initialMetadata: 'repeated HeaderValue 5' },
  ApiConfigSource: { apiType: 'int32 1', grpcServices: 'repeated GrpcService 4', transportApiVersion: 'int32 8' },
  ConfigSource: { apiConfigSource: 'ApiConfigSource 2', ads: 'Empty 3', resourceApiVersion: 'int32 6' },
  ExtensionConfigSource: { configSource: 'ConfigSource 1', typeUrls: 'repeated string 4' },
  TypedExtensionConfig: { name: 'string 1', typedConfig: 'Any 2' },
  TransportSocket: { name: 'string 1', typedConfig: 'Any 3' },

  // envoy.extensions.transport_sockets.tls.v3
  SdsSecretConfig: { name: 'string 1', sdsConfig: 'ConfigSource 2' },
  SanMatcher: { sanType: 'int32 1', matcher: 'StringMatcher 2' },
  ValidationContext: { matchTypedSubjectAltNames: 'repeated SanMatcher 15' },
  CombinedValidationContext: {
    defaultValidationContext: 'ValidationContext 1',
    validationContextSdsSecretConfig: 'SdsSecretConfig 2',
  },
  TlsParameters: { tlsMinimumProtocolVersion: 'int32 1', tlsMaximumProtocolVersion: 'int32 2' },
  CommonTlsContext: {
    tlsParams: 'TlsParameters 1',
    alpnProtocols: 'repeated string 4',
    tlsCertificateSdsSecretConfigs: 'repeated SdsSecretConfig 6',
    combinedValidationContext: 'CombinedValidationContext 8',
  },
  DownstreamTlsContext: {
    commonTlsContext: 'CommonTlsContext 1',
    requireClientCertificate: 'Bool 2',
    disableStatelessSessionResumption: 'bool 7',
    disableStatefulSessionResumption: 'bool 10',
  },
  UpstreamTlsContext: { commonTlsContext: 'CommonTlsContext 1', maxSessionKeys: 'UInt32 4' },

  // envoy.config.rbac.v3 and the two filters
  Permission: { any: 'bool 3' },
  Authenticated: { principalName: 'StringMatcher 2' },
  Principal: { authenticated: 'Authenticated 4' },
  RbacPolicy: { permissions: 'repeated Permission 1', principals: 'repeated Principal 2' },
  RbacRules: { action: 'int32 1', policies: 'map<string,RbacPolicy> 2' },
  HttpRbac: { rules: 'RbacRules 1', shadowRules: 'RbacRules 2' },
  NetworkRbac: { rules: 'RbacRules 1', shadowRules: 'RbacRules 2', statPrefix: 'string 3' },

  // envoy.extensions.filters.{http,network}.ext_authz.v3
  HttpExtAuthz: {
    failureModeAllow: 'bool 2',
    grpcService: 'GrpcService 1',
    includePeerCertificate: 'bool 10',
    transportApiVersion: 'int32 12',
  },
  NetworkExtAuthz: {
    statPrefix: 'string 1',
    grpcService: 'GrpcService 2',
    failureModeAllow: 'bool 3',
    includePeerCertificate: 'bool 4',
    transportApiVersion: 'int32 5',
  },

  // envoy.config.accesslog.v3, envoy.extensions.access_loggers.file.v3
  LogFormat: { jsonFormat: 'Struct 2' },
  FileAccessLog: { path: 'string 1', logFormat: 'LogFormat 5' },
  AccessLog: { name: 'string 1', typedConfig: 'Any 4' },

  // envoy.config.route.v3
  RouteMatch: { prefix: 'string 1' },
  RouteRetry: { retryOn: 'string 1', numRetries: 'UInt32 2' },
  RouteAction: { cluster: 'string 1', timeout: 'Duration 8', retryPolicy: 'RouteRetry 9' },
  Route: { match: 'RouteMatch 1', route: 'RouteAction 2' },
  VirtualHost: { name: 'string 1', domains: 'repeated string 2', routes: 'repeated Route 3' },
  RouteConfiguration: { name: 'string 1', virtualHosts: 'repeated VirtualHost 2' },

  // envoy.extensions.filters.network.{http_connection_manager,tcp_proxy}.v3
  UpgradeConfig: { upgradeType: 'string 1' },
  HttpFilter: { name: 'string 1', typedConfig: 'Any 4', configDiscovery: 'ExtensionConfigSource 5' },
  HttpConnectionManager: {
    statPrefix: 'string 2',
    routeConfig: 'RouteConfiguration 4',
    httpFilters: 'repeated HttpFilter 5',
    accessLog: 'repeated AccessLog 13',
    forwardClientCertDetails: 'int32 16',
    setCurrentClientCertDetails: 'ClientCertDetails 17',
    upgradeConfigs: 'repeated UpgradeConfig 23',
    normalizePath: 'Bool 30',
    streamIdleTimeout: 'Duration 24',
    commonHttpProtocolOptions: 'CommonHttpProtocolOptions 35',
  },
  ClientCertDetails: { uri: 'bool 5' },
  CommonHttpProtocolOptions: { maxStreamDuration: 'Duration 4' },
  TcpProxy: {
    statPrefix: 'string 1',
    cluster: 'string 2',
    accessLog: 'repeated AccessLog 5',
    upstreamConnectMode: 'int32 21',
    maxEarlyDataBytes: 'UInt32 22',
  },

  // envoy.config.listener.v3
  NetworkFilter: { name: 'string 1', typedConfig: 'Any 4' },
  ListenerFilter: { name: 'string 1', typedConfig: 'Any 3' },
  FilterChainMatch: { transportProtocol: 'string 9' },
  FilterChain: {
    filterChainMatch: 'FilterChainMatch 1',
    filters: 'repeated NetworkFilter 3',
    transportSocket: 'TransportSocket 6',
    name: 'string 7',
  },
  Listener: {
    name: 'string 1',
    address: 'Address 2',
    filterChains: 'repeated FilterChain 3',
    listenerFilters: 'repeated ListenerFilter 9',
    trafficDirection: 'int32 16',
  },

  // envoy.config.cluster.v3, envoy.config.endpoint.v3, envoy.extensions.upstreams.http.v3
  Endpoint: { address: 'Address 1' },
  LbEndpoint: { endpoint: 'Endpoint 1' },
  LocalityLbEndpoints: { lbEndpoints: 'repeated LbEndpoint 2' },
  ClusterLoadAssignment: { clusterName: 'string 1', endpoints: 'repeated LocalityLbEndpoints 2' },
  UseDownstreamHttp: { httpProtocolOptions: 'Empty 1', http2ProtocolOptions: 'Empty 2' },
  HttpProtocolOptions: { useDownstreamProtocolConfig: 'UseDownstreamHttp 4' },
  Cluster: {
    name: 'string 1',
    type: 'int32 2',
    connectTimeout: 'Duration 4',
    transportSocket: 'TransportSocket 24',
    metadata: 'Metadata 25',
    loadAssignment: 'ClusterLoadAssignment 33',
    typedExtensionProtocolOptions: 'map<string,Any> 36',
  },

  // envoy.service.auth.v3
  AuthPeer: { certificate: 'string 5' },
  AttributeContext: { source: 'AuthPeer 1' },
  CheckRequest: { attributes: 'AttributeContext 1' },
  RpcStatus: { code: 'int32 1', message: 'string 2' },
  HttpStatus: { code: 'int32 1' },
  DeniedHttpResponse: { status: 'HttpStatus 1', body: 'string 3' },
  CheckResponse: { status: 'RpcStatus 1', deniedResponse: 'DeniedHttpResponse 2' },
});

/** A message with the name of its type, under `envoy.`. */
export const any = (name: string, type: Type, message: object): Any => ({
  typeUrl: `type.googleapis.com/envoy.${name}`,
  value: encode(type, message),
});

export const typeUrls = {
  cluster: 'type.googleapis.com/envoy.config.cluster.v3.Cluster',
  listener: 'type.googleapis.com/envoy.config.listener.v3.Listener',
  extension: 'type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig',
} as const;

/** Numbers of Envoy's enumerations. */
export const numbers = {
  v3: 2,
  deltaGrpc: 3,
  uri: 3,
  allow: 0,
  static: 0,
  strictDns: 1,
  tls13: 4,
  sanitizeSet: 3,
  onDownstreamData: 1,
};
