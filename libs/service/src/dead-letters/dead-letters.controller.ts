import { Controller } from '@nestjs/common';
import { type Call, Endpoint, Request } from '@cartulary/access';
import { type DeadLetter, type FullDeadLetter, routes } from '@cartulary/contracts';
import { DeadLetters } from './dead-letters.js';

@Controller()
export class DeadLettersController {
  constructor(private readonly deadLetters: DeadLetters) {}

  @Endpoint(routes.listDeadLetters)
  async list(
    @Request(routes.listDeadLetters) { query, caller }: Call<typeof routes.listDeadLetters>,
  ): Promise<{ deadLetters: DeadLetter[] }> {
    return { deadLetters: await this.deadLetters.list(caller, query.group) };
  }

  @Endpoint(routes.getDeadLetter)
  show(@Request(routes.getDeadLetter) { params, caller }: Call<typeof routes.getDeadLetter>): Promise<FullDeadLetter> {
    return this.deadLetters.show(caller, params.id);
  }

  @Endpoint(routes.replayDeadLetter)
  replay(
    @Request(routes.replayDeadLetter) { params, caller }: Call<typeof routes.replayDeadLetter>,
  ): Promise<DeadLetter> {
    return this.deadLetters.replay(caller, params.id);
  }
}
