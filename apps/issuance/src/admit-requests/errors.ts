/** More is under way than can be done in time: nothing was looked at, and the same request may come again. */
export class IssuanceOverloadedError extends Error {
  readonly code = 'ISSUANCE_OVERLOADED';

  constructor(underWay: number) {
    super(`${underWay} issuances are under way, and more would only wait`);
  }
}
