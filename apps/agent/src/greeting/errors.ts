/** What came is no HTTP/2, or goes beyond what is taken; the connection is closed. */
export class MalformedError extends Error {
  readonly code = 'HTTP2_MALFORMED';
  override readonly name = 'MalformedError';
}
