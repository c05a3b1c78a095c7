/** Files can't be kept where they should be, or their reader has not taken them. */
export class FileExportError extends Error {
  override readonly name = 'FileExportError';

  constructor(
    readonly code:
      | 'EXPORT_DIRECTORY_INSECURE'
      | 'EXPORT_WRITE_FAILED'
      | 'EXPORT_RELOAD_FAILED'
      | 'EXPORT_RELOAD_TIMEOUT'
      | 'EXPORT_PID_FILE',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
