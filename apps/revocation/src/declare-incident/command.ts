import { Command } from '@nestjs/cqrs';
import type { IncidentDeclaration, IncidentRequest } from '@cartulary/contracts';
import type { RequestContext } from '../context.js';

/** Has everything revoked that the selector means, and all that descends from it; or says what that would be. */
export class DeclareIncidentCommand extends Command<IncidentDeclaration> {
  constructor(
    readonly request: IncidentRequest,
    readonly context: RequestContext,
  ) {
    super();
  }
}
