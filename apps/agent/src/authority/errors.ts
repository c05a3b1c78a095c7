/** Why the CA did not do what it was asked. */
export class AuthorityError extends Error {
  override readonly name = 'AuthorityError';

  constructor(
    readonly code: 'AUTHORITY_UNAVAILABLE' | 'AUTHORITY_REFUSED',
    message: string,
    /** The CA's own code, such as NODE_NOT_ENTITLED. */
    readonly reason?: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** For a log line or a metric's label. */
export const codeOf = (error: unknown): string => {
  if (error instanceof AuthorityError) return error.reason ?? error.code;
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : 'FAILED';
};
