import { type FastifyInstance } from 'fastify';

class InvalidJsonError extends Error {
  readonly code = 'INVALID_JSON';
}

/** Bodies are JSON; one that would set a prototype (`__proto__`, `constructor.prototype`) is refused like a malformed one. */
export const acceptJsonOnly = (instance: FastifyInstance): void => {
  const parse = instance.getDefaultJsonParser('error', 'error');
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    void parse(request, body, (error, value) => {
      done(error ? new InvalidJsonError(body === '' ? 'the body is empty' : error.message) : null, value);
    });
  });
};
