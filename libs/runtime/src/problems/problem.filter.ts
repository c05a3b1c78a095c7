import { type ArgumentsHost, Catch, type ExceptionFilter, Inject } from '@nestjs/common';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { type Logger } from '../logging/logger.js';
import { correlation } from '../logging/correlation.js';
import { allowedMethodsOf } from '../http/allowed-methods.js';
import { LOGGER, PROBLEM_TABLE } from '../tokens.js';
import { MethodNotAllowedError } from './errors.js';
import { type ProblemTable } from './problem.js';
import { problemOf } from './problem-of.js';

/** Everything that is thrown on the way to an answer becomes a problem document (RFC 9457). */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    @Inject(PROBLEM_TABLE) private readonly table: ProblemTable,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const allowed = request.is404 ? allowedMethodsOf(request) : [];
    const error = allowed.length > 0 ? new MethodNotAllowedError(request.method, allowed) : thrown;
    const { problem, row, unexpected } = problemOf(error, this.table, correlation()?.correlationId ?? request.id);
    if (unexpected) this.logger.error({ err: error, method: request.method }, 'a request failed unexpectedly');
    if (reply.sent || reply.raw.headersSent) return;
    if (allowed.length > 0) reply.header('allow', allowed.join(', '));
    if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="cartulary"');
    if (row.retryAfter !== undefined) reply.header('retry-after', String(row.retryAfter));
    void reply
      .status(problem.status)
      .header('cache-control', 'no-store')
      .type('application/problem+json')
      .send(JSON.stringify(problem));
  }
}
