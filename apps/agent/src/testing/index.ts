// For tests of the agent, also those of other packages.
export { GrpcAuthority } from '../authority/grpc-authority.js';
export type { Authority, Entitlement } from '../authority/authority.js';
export { FakeAuthority } from './fake-authority.js';
export { FakeCa } from './fake-ca.js';
export { FakeResponder } from './fake-responder.js';
export { authorityContract } from './authority.contract.js';
export type { AuthorityWorld } from './authority.contract.js';
export { TestAgent } from './test-agent.js';
export type { TestAgentOptions } from './test-agent.js';
export { SocketClient, spiffeHeader, TestStream } from './socket-client.js';
export { decodeSecret } from './decode-secret.js';
export type { DecodedSecret } from './decode-secret.js';
export { FileRules } from './file-rules.js';
export { MeshFileError } from '../mesh/fields.js';
export type { MeshDescription } from '../mesh/mesh-description.js';
export type { ServiceRules } from '../mesh/service-rules.js';
export { parseMesh } from '../mesh/read-mesh.js';
export type { FileExport } from '../files/file-export.js';
