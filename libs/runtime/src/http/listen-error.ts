/** The address can't be listened on. */
export class ListenError extends Error {
  readonly code = 'CANNOT_LISTEN';

  constructor(host: string, port: number, cause: unknown) {
    const reason = (cause as NodeJS.ErrnoException).code;
    const explained = reason === 'EADDRINUSE' ? 'another program is using it' : (reason ?? String(cause));
    super(`cannot listen on ${host}:${port}: ${explained}`, { cause });
    this.name = 'ListenError';
  }
}
