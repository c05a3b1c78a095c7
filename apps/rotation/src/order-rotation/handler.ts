import { randomInt } from 'node:crypto';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { parseDuration, type Rotation } from '@cartulary/contracts';
import {
  fold,
  InvalidValueError,
  parseRotationId,
  rotationDecider,
  type RotationId,
  rotationStream,
  timestamp,
} from '@cartulary/domain';
import { decideOn, Ledger } from '@cartulary/ledger';
import { Clock } from '@cartulary/runtime';
import type { OrderEvent } from '../schedule-renewals/rows.js';
import { orderedView } from '../show-rotations/view.js';
import { OrderRotationCommand } from './command.js';
import { SelectorSettler } from './settle-selector.js';

const DEFAULT_WINDOW = '10m';
const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz';

@CommandHandler(OrderRotationCommand)
export class OrderRotationHandler implements ICommandHandler<OrderRotationCommand> {
  constructor(
    private readonly selectors: SelectorSettler,
    private readonly ledger: Ledger,
    private readonly clock: Clock,
  ) {}

  async execute({ request, context }: OrderRotationCommand): Promise<Rotation> {
    const { caller, ...trace } = context;
    const selector = await this.selectors.settle(request, caller);
    const seconds = parseDuration(request.window ?? DEFAULT_WINDOW);
    if (seconds === undefined) throw new InvalidValueError('window', 'whole seconds, or a number with s, m, h or d');
    const start = this.clock.now();
    const now = timestamp(start);
    const window = { start: now, end: timestamp(new Date(start.getTime() + seconds * 1_000)) };
    const { reason } = request;
    const rotationId = newRotationId();
    const stream = rotationStream(rotationId);
    const decided = await decideOn(
      this.ledger,
      { ...trace, streams: [stream], actor: caller.actor, recordedAt: now },
      (histories) => {
        const state = fold(rotationDecider, histories.get(stream)?.events ?? []);
        const order = { type: 'OrderRotation', rotationId, selector, window, now } as const;
        const erasable = reason === undefined ? {} : { erasable: { reason } };
        const events = rotationDecider.decide(order, state).map((event) => ({ stream, ...event, ...erasable }));
        return { events, result: undefined };
      },
    );
    return orderedView(decided.events[0] as unknown as OrderEvent, reason);
  }
}

const newRotationId = (): RotationId =>
  parseRotationId(Array.from({ length: 12 }, () => ALPHABET[randomInt(ALPHABET.length)]).join(''));
