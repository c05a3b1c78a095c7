/** What the inventory refuses; `code` is a row of the problem table. */
export class ProblemError extends Error {
  constructor(
    readonly code: 'UNAVAILABLE' | 'PROJECTION_NOT_FOUND' | 'PROJECTION_BEING_REBUILT',
    message: string,
  ) {
    super(message);
  }
  override get name(): string {
    return this.constructor.name;
  }
}
