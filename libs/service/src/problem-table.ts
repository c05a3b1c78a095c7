import { grpcStatus, problems } from '@cartulary/contracts';
import type { ProblemTable } from '@cartulary/runtime';

/** Every code of the services with what the edge makes of it: HTTP and gRPC. */
export const problemTable: ProblemTable = Object.fromEntries(
  Object.entries(problems).map(([code, row]) => [code, { ...row, grpc: grpcStatus[row.grpc] }]),
);
