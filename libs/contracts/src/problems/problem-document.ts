import Type, { type Static } from 'typebox';
import type { ProblemCode } from './problem-code.js';
import { problems, problemType } from './problems.js';

export const problemMediaType = 'application/problem+json';

/** RFC 9457 problem details with our extension members. */
export const Problem = Type.Object(
  {
    type: Type.String({ description: 'URI of the kind of problem; names the code', maxLength: 256 }),
    title: Type.String({ description: 'The same for every occurrence of the code', maxLength: 256 }),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    code: Type.String({ description: 'Stable; see docs/errors.md', pattern: '^[A-Z][A-Z0-9_]*$', maxLength: 64 }),
    detail: Type.Optional(Type.String({ description: 'What went wrong this time', maxLength: 4096 })),
    instance: Type.Optional(Type.String({ description: 'The path of the request', maxLength: 4096 })),
    correlationId: Type.Optional(Type.String({ description: 'Quote it when you report a problem', maxLength: 128 })),
    errors: Type.Optional(
      Type.Array(
        Type.Object(
          {
            pointer: Type.String({ description: 'JSON pointer into the request (RFC 6901)', maxLength: 1024 }),
            message: Type.String({ maxLength: 1024 }),
          },
          { additionalProperties: false },
        ),
        { maxItems: 100 },
      ),
    ),
  },
  { additionalProperties: false, title: 'Problem', description: 'RFC 9457 problem details' },
);
export type Problem = Static<typeof Problem>;

/** The document for one occurrence of `code`. */
export const problemDocument = (
  code: ProblemCode,
  occurrence: Partial<Pick<Problem, 'detail' | 'instance' | 'correlationId' | 'errors'>> = {},
): Problem => ({
  type: problemType(code),
  title: problems[code].title,
  status: problems[code].status,
  code,
  ...occurrence,
});
