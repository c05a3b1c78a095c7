import type { EdgeProblemCode } from '@cartulary/contracts';

abstract class DeadLetterError extends Error {
  abstract readonly code: EdgeProblemCode;
  override get name(): string {
    return this.constructor.name;
  }
}

export class DeadLetterNotFoundError extends DeadLetterError {
  readonly code = 'DEAD_LETTER_NOT_FOUND';
  constructor(id: string) {
    super(`there is no dead letter ${id}`);
  }
}

export class DeadLetterElsewhereError extends DeadLetterError {
  readonly code = 'DEAD_LETTER_ELSEWHERE';
  constructor(group: string, service: string) {
    super(`the consumer group ${group} is ${service}'s`);
  }
}

export class DeadLetterStillFailsError extends DeadLetterError {
  readonly code = 'DEAD_LETTER_STILL_FAILS';
}
