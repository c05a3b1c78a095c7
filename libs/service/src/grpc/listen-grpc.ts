import type { INestApplicationContext } from '@nestjs/common';
import { derChainToPem } from '@cartulary/x509';
import type { IssuerDirectory } from '../issuer-directory.js';
import type { Process } from '../run/run-process.js';
import { GrpcServer } from './grpc-server.js';

/**
 * Whose certificates are looked at: our own agents', and those that workloads renew. What a certificate of either kind
 * may do is for the ledger to say, which knows the very key.
 */
export const grpcCallersAnchors = (issuers: IssuerDirectory): string[] => [
  derChainToPem([...issuers.systemAnchors(), ...issuers.workloadAnchors()]),
];

/** Opens the gRPC side where one is configured, and there is something to serve. Its certificate has been set. */
export const listenGrpc = async (
  app: INestApplicationContext,
  { config, shutdown }: Pick<Process, 'config' | 'shutdown'>,
): Promise<number | undefined> => {
  const server = app.get(GrpcServer);
  if (config.grpcPort === undefined || server.empty) return undefined;
  shutdown.register('grpc', () => server.close());
  return server.listen({ host: config.grpcHost, port: config.grpcPort });
};
