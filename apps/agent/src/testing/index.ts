// For tests of the agent, also those of other packages.
export { GrpcAuthority } from '../authority/grpc-authority.js';
export type { Authority, Entitlement } from '../authority/authority.js';
export { FakeAuthority } from './fake-authority.js';
export { FakeCa } from './fake-ca.js';
export { authorityContract } from './authority.contract.js';
export type { AuthorityWorld } from './authority.contract.js';
export { TestAgent } from './test-agent.js';
export type { TestAgentOptions } from './test-agent.js';
export { SocketClient, spiffeHeader, TestStream } from './socket-client.js';
export { decodeSecret } from './decode-secret.js';
export type { DecodedSecret } from './decode-secret.js';
