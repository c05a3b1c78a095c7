import type { ProblemCode } from '../problems/problem-code.js';
import { problemDocument, problemMediaType } from '../problems/problem-document.js';
import { problems } from '../problems/problems.js';
import type { Route } from '../rest/route.js';

type Json = Record<string, unknown>;

/** What a route can be refused with because of its shape, apart from what it names itself. */
const implied = (route: Route): ProblemCode[] => {
  if (route.side === 'relying-parties') return [];
  const codes: ProblemCode[] = ['INTERNAL', 'UNAVAILABLE'];
  if (route.params ?? route.query ?? route.body) codes.push('INVALID_REQUEST');
  if (route.body) codes.push('INVALID_JSON', 'UNSUPPORTED_MEDIA_TYPE', 'PAYLOAD_TOO_LARGE');
  if (route.permission !== 'public') {
    codes.push('UNAUTHENTICATED', 'CREDENTIAL_EXPIRED', 'CREDENTIAL_HELD', 'CREDENTIAL_REVOKED');
    codes.push('CREDENTIAL_SUSPENDED', 'FORBIDDEN', 'LEDGER_UNAVAILABLE');
  }
  if (route.method !== 'GET') codes.push('LEDGER_CONFLICT', 'LEDGER_OVERLOADED');
  if (route.idempotent) codes.push('IDEMPOTENCY_MISMATCH');
  return codes;
};

/** Every code that the route may answer with. */
export const problemCodesOf = (route: Route): ProblemCode[] => [...new Set([...route.problems, ...implied(route)])];

/** One response per status, its codes listed, the first as the example. */
export const problemResponses = (route: Route): Record<string, Json> => {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of problemCodesOf(route)) {
    const { status } = problems[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => {
      const retry = codes.some((code) => problems[code].retryAfter !== undefined);
      const response: Json = {
        description: codes.map((code) => `\`${code}\`: ${problems[code].title}`).join('\n\n'),
        content: {
          [problemMediaType]: {
            schema: { $ref: '#/components/schemas/Problem' },
            example: codes[0] ? problemDocument(codes[0]) : undefined,
          },
        },
        ...(retry ? { headers: { 'Retry-After': { schema: { type: 'integer' }, description: 'Seconds' } } } : {}),
      };
      return [status, response];
    }),
  );
};
