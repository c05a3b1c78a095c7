/** Base of everything the domain refuses; `code` is stable and part of the API. */
export abstract class LifecycleError extends Error {
  abstract readonly code: string;
  override get name(): string {
    return this.constructor.name;
  }
}

export class InvalidValueError extends LifecycleError {
  readonly code = 'INVALID_VALUE';
  /** Members of the problem document that it becomes. */
  readonly extensions: { readonly errors: readonly { pointer: string; message: string }[] };
  constructor(
    readonly field: string,
    message: string,
  ) {
    super(`${field}: ${message}`);
    this.extensions = { errors: [{ pointer: `/${field}`, message }] };
  }
}
