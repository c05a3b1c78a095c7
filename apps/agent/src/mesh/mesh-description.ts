import type { ServiceRules } from './service-rules.js';

export type Protocol = 'http' | 'tcp';

/** A port that a workload's proxy opens to the mesh. */
export interface Inbound {
  readonly service: string;
  /** Address and port that it listens on. */
  readonly address: string;
  readonly port: number;
  /** Where the workload itself is, on 127.0.0.1. */
  readonly appPort: number;
  readonly protocol: Protocol;
  /** How often the agent is asked about a peer: for each request, or once a connection (always so for TCP). */
  readonly check: 'request' | 'connection';
  /** TCP: who sends the first byte. A workload that does is heard by whoever has a certificate of the trust domain. */
  readonly speaksFirst: 'client' | 'server';
  /** While the agent can't be asked whether a peer was revoked: nobody comes in, or everybody who passes the CRL. */
  readonly withoutAgent: 'closed' | 'open';
  /**
   * HTTP, asked about for each request: most seconds that one may take, and no WebSockets. So nothing stays open for long, and
   * a revocation cuts off nobody else's connections.
   */
  readonly longestRequest?: number;
}

/** A port on 127.0.0.1 at which a workload finds a service. */
export interface Outbound {
  readonly service: string;
  readonly port: number;
  readonly protocol: Protocol;
  readonly endpoints: readonly { readonly host: string; readonly port: number }[];
}

/** One workload's proxy: an Envoy whose `--service-cluster` is the workload's name. */
export interface Workload {
  readonly name: string;
  readonly identity: string;
  /** File that the proxy writes its access log to. */
  readonly accessLog: string;
  readonly inbound: readonly Inbound[];
  readonly outbound: readonly Outbound[];
}

/** What runs on this node, by the agent's file. */
export interface MeshDescription {
  readonly workloads: readonly Workload[];
  readonly services: readonly ServiceRules[];
}

export const emptyMesh: MeshDescription = { workloads: [], services: [] };
