export class MethodNotAllowedError extends Error {
  readonly code = 'METHOD_NOT_ALLOWED';

  constructor(method: string, allowed: readonly string[]) {
    super(`${method} is not one of ${allowed.join(', ')}`);
  }
}
