import { Metadata, type StatusObject } from '@grpc/grpc-js';
import { grpcMetadata } from '@cartulary/contracts';
import { problemOf, type ProblemTable, type Resolved } from '@cartulary/runtime';

const INTERNAL = 13;

/**
 * The gRPC status of a thrown value: from the same table as the REST side. The details are one line for people; what
 * programs go by is in the trailing metadata.
 */
export const refusalOf = (
  error: unknown,
  table: ProblemTable,
  correlationId: string,
): { readonly status: StatusObject; readonly resolved: Resolved } => {
  const resolved = problemOf(error, table, correlationId);
  const { problem, row } = resolved;
  const metadata = new Metadata();
  metadata.set(grpcMetadata.code, problem.code);
  metadata.set(grpcMetadata.correlationId, correlationId);
  const own = (error as { retryAfterMs?: unknown } | undefined)?.retryAfterMs;
  const after = typeof own === 'number' ? own : row.retryAfter === undefined ? undefined : row.retryAfter * 1_000;
  if (after !== undefined) metadata.set(grpcMetadata.retryAfter, String(Math.ceil(after)));
  const { title, detail } = problem;
  const details = printable(detail === undefined ? title : `${title}: ${detail}`);
  return { status: { code: row.grpc ?? INTERNAL, details, metadata }, resolved };
};

/** A header holds it: no control characters, and not too much of what a caller has sent. */
const printable = (text: string): string => text.replace(/[^\x20-\x7e\u00a0-\uffff]/g, ' ').slice(0, 512);
