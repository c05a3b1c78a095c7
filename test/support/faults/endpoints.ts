import { CartularyClient, type TlsOptions } from '@cartulary/client';
import type { Cluster } from '@cartulary/testing';
import type { Action } from './evidence.js';

/** Where a command goes; another attempt may go elsewhere. */
export interface Endpoints {
  at(action: Action, attempt: number): CartularyClient;
  close(): Promise<void>;
}

export const oneEndpoint = (baseUrl: string, tls: TlsOptions): Endpoints => {
  const client = new CartularyClient({ baseUrl, tls, retries: 0, timeout: 20_000 });
  return { at: () => client, close: () => client.close() };
};

const ofRevocation: readonly Action[] = ['hold', 'release', 'revoke', 'block'];

export interface ClusterEndpointsOptions {
  /** Tells which replica comes first; the others follow in turn. */
  readonly first: number;
  /** Milliseconds until an answer; 15 000, which is longer than a block waits for its certificates' revocation. */
  readonly timeout?: number;
}

/** The owner of each command in a cluster: its replicas in turn. */
export const clusterEndpoints = (cluster: Cluster, { first, timeout = 15_000 }: ClusterEndpointsOptions): Endpoints => {
  const tls = { ca: cluster.read('root.crt'), cert: cluster.read('operator.crt'), key: cluster.read('operator.key') };
  const clientsOf = (service: 'issuance' | 'revocation'): CartularyClient[] =>
    cluster.of(service).map(({ restUrl: baseUrl }) => new CartularyClient({ baseUrl, tls, retries: 0, timeout }));
  const issuance = clientsOf('issuance');
  const revocation = clientsOf('revocation');
  let sent = first;
  return {
    at: (action, attempt) => {
      const clients = ofRevocation.includes(action) ? revocation : issuance;
      if (attempt === 1) sent++;
      return clients[(sent + attempt) % clients.length]!;
    },
    close: async () => {
      await Promise.all([...issuance, ...revocation].map((client) => client.close()));
    },
  };
};
