import { createHash } from 'node:crypto';
import { Inject } from '@nestjs/common';
import { CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Problem, ResultOf, routes } from '@cartulary/contracts';
import { PROBLEM_TABLE, problemOf, type ProblemTable } from '@cartulary/runtime';
import { Admission } from '../admit-requests/admission.js';
import { IssueCertificateCommand, type IssueRequest, type RequestContext } from '../issue-certificate/command.js';
import { IssueBatchCommand } from './command.js';

type Results = ResultOf<typeof routes.issueCertificates>['results'];

/** Requests of one batch that are under way at once: enough to fill the ledger's appends. */
const WIDTH = 64;

@CommandHandler(IssueBatchCommand)
export class IssueBatchHandler implements ICommandHandler<IssueBatchCommand> {
  constructor(
    private readonly commands: CommandBus,
    @Inject(PROBLEM_TABLE) private readonly problems: ProblemTable,
    private readonly admission: Admission,
  ) {}

  /** Throws IssuanceOverloadedError for the batch as a whole, before any of it has begun. */
  execute({ requests, context }: IssueBatchCommand): Promise<{ results: Results }> {
    const width = Math.min(WIDTH, requests.length);
    return this.admission.run(() => this.#issueAll(requests, { ...context, isAdmitted: true }, width), width);
  }

  async #issueAll(
    requests: readonly IssueRequest[],
    context: RequestContext,
    width: number,
  ): Promise<{ results: Results }> {
    const results: Results = [];
    const pending = requests.entries();
    const worker = async (): Promise<void> => {
      for (const [index, request] of pending) results[index] = await this.#issue(request, contextOf(context, index));
    };
    await Promise.all(Array.from({ length: width }, worker));
    return { results };
  }

  async #issue(request: IssueRequest, context: RequestContext): Promise<Results[number]> {
    try {
      return { status: 201, certificate: await this.commands.execute(new IssueCertificateCommand(request, context)) };
    } catch (error) {
      const { problem } = problemOf(error, this.problems, context.correlationId);
      return { status: problem.status, problem: problem as Problem };
    }
  }
}

/** A repeated batch repeats each of its requests: every one has the batch's key and its own place. */
const contextOf = (context: RequestContext, index: number): RequestContext => {
  const { idempotency } = context;
  if (!idempotency) return context;
  // Hashed, since a key may be as long as the ledger allows already.
  const key = createHash('sha256').update(`${idempotency.key}#${index}`).digest('hex');
  return { ...context, idempotency: { ...idempotency, key } };
};
