import { fileURLToPath } from 'node:url';
import { loadSync, type PackageDefinition, type ServiceDefinition } from '@grpc/proto-loader';

const directory = fileURLToPath(new URL('../../protobuf/', import.meta.url));
const files = ['istio/v1/auth/ca.proto', 'cartulary/v1/agent.proto', 'cartulary/v1/trust.proto'];

/** All of protobuf/, for reflection and for clients. Positions and numbers of CRLs stay below 2^53. */
export const grpcPackage: PackageDefinition = loadSync(files, {
  includeDirs: [directory],
  longs: Number,
  enums: String,
  defaults: true,
  arrays: true,
  oneofs: true,
});

const service = (name: string): ServiceDefinition => grpcPackage[name] as ServiceDefinition;

export const grpcServices = {
  istio: service('istio.v1.auth.IstioCertificateService'),
  agent: service('cartulary.v1.AgentService'),
  trust: service('cartulary.v1.TrustService'),
} as const;

/** Trailing metadata of a refusal: our problem code, and when to try again. */
export const grpcMetadata = {
  code: 'cartulary-code',
  correlationId: 'cartulary-correlation-id',
  retryAfter: 'cartulary-retry-after-ms',
} as const;
