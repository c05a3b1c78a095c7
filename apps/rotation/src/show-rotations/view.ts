import type { Rotation } from '@cartulary/contracts';
import { type OrderedSelector, timestamp } from '@cartulary/domain';
import type { OrderEvent } from '../schedule-renewals/rows.js';
import type { KnownOrder } from '../schedule-renewals/tables.js';

const selectorView = (selector: OrderedSelector): Rotation['selector'] =>
  'serials' in selector ? { serials: [...selector.serials] } : selector;

/** As the projection knows it. */
export const rotationView = (order: KnownOrder, reason?: string): Rotation => {
  const { counted, matched, due, replaced, ended, completed_at: completedAt } = order;
  const running = counted ? 'running' : 'ordered';
  return {
    rotationId: order.rotation_id,
    status: completedAt ? 'completed' : running,
    selector: selectorView(order.selector),
    window: { start: timestamp(order.window_start), end: timestamp(order.window_end) },
    ...(reason === undefined ? {} : { reason }),
    progress: { matched, due, replaced, ended, remaining: matched - replaced - ended },
    requester: order.requester,
    orderedAt: timestamp(order.ordered_at),
    ...(completedAt ? { completedAt: timestamp(completedAt) } : {}),
    position: order.position,
  };
};

/** As it was ordered, before anything has been counted. */
export const orderedView = ({ data, actor, position }: OrderEvent, reason?: string): Rotation => {
  const { rotationId, selector, orderedAt, window = { start: orderedAt, end: orderedAt } } = data;
  return {
    rotationId,
    status: 'ordered',
    selector: selectorView(selector as OrderedSelector),
    window: { ...window },
    ...(reason === undefined ? {} : { reason }),
    progress: { matched: 0, due: 0, replaced: 0, ended: 0, remaining: 0 },
    requester: actor.id,
    orderedAt,
    position,
  };
};
