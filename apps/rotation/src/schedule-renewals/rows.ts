import {
  type CertificateIssued,
  isRotated,
  namespaceOf,
  type RenewalWindow,
  renewalWindowOf,
  type RotationOrdered,
  rotationTurn,
} from '@cartulary/domain';
import type { RecordedEvent } from '@cartulary/ledger';

/** By the names of the columns; undefined for what is never renewed. */
export const certificateRow = (data: CertificateIssued['data']) => {
  if (!isRotated(data)) return undefined;
  const { serial, identity, issuerId, notAfter } = data;
  return {
    serial,
    identity,
    namespace: namespaceOf(identity),
    issuer_id: issuerId,
    due_at: renewalWindowOf(data).start,
    not_after: notAfter,
    turn: rotationTurn(serial),
  };
};
export type CertificateRow = NonNullable<ReturnType<typeof certificateRow>>;

export interface Removal {
  readonly serial: string;
  /** It has a successor; else it is revoked. */
  readonly replaced: boolean;
}

export type OrderEvent = RecordedEvent<'RotationOrdered', RotationOrdered['data']>;

export const orderRow = ({ data, id, actor, position, version }: OrderEvent) => {
  const { rotationId, selector, orderedAt } = data;
  const identity = 'identity' in selector ? selector.identity : undefined;
  const window: RenewalWindow = data.window ?? { start: orderedAt, end: orderedAt };
  return {
    rotation_id: rotationId,
    position,
    version,
    event_id: id,
    selector,
    namespace: 'namespace' in selector ? selector.namespace : namespaceOf(identity),
    system: identity !== undefined && namespaceOf(identity) === undefined,
    requester: actor.id,
    window_start: window.start,
    window_end: window.end,
    ordered_at: orderedAt,
  };
};
export type OrderRow = ReturnType<typeof orderRow>;
