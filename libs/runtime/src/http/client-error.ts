import { type Socket } from 'node:net';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { problemOf } from '../problems/problem-of.js';
import { runtimeProblems, type RuntimeCode } from '../problems/runtime-problems.js';

const codes: Readonly<Record<string, RuntimeCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMEOUT',
  HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE',
};

/** Answers what is not even HTTP, or too slow or too large to become a request, and hangs up. */
export const answerClientError = (error: Error & { code?: string }, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const { problem } = problemOf({ code: codes[error.code ?? ''] ?? 'BAD_REQUEST' }, runtimeProblems);
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${problem.status} ${problem.title}\r\n` +
      `Content-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `Cache-Control: no-store\r\nConnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
};

/** What the router refuses before any hook or filter runs: a malformed URL, or a part of it that is too long. */
export const answerRouterError = (error: Error, _request: FastifyRequest, reply: FastifyReply): void => {
  const { problem } = problemOf(error, runtimeProblems);
  void reply
    .status(problem.status)
    .header('cache-control', 'no-store')
    .type('application/problem+json')
    .send(JSON.stringify(problem));
};
