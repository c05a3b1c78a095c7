import { Command } from '@nestjs/cqrs';
import type { ResultOf, routes } from '@cartulary/contracts';
import type { IssueRequest, RequestContext } from '../issue-certificate/command.js';

/** Many at once, each with an outcome of its own, in the order of the requests. */
export class IssueBatchCommand extends Command<ResultOf<typeof routes.issueCertificates>> {
  constructor(
    readonly requests: readonly IssueRequest[],
    readonly context: RequestContext,
  ) {
    super();
  }
}
