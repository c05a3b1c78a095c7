import {
  type CertificateState,
  isSelected,
  type RenewalWindow,
  renewalWindowOf,
  type RotationCompleted,
  type RotationId,
  type RotationOrdered,
  rotatedWindow,
} from '@cartulary/domain';
import type { RecordedEvent } from '@cartulary/ledger';
import type { Follower, Transport } from '@cartulary/transport';

interface Order {
  readonly position: number;
  readonly data: RotationOrdered['data'] & { readonly window: RenewalWindow };
}

type Outline = Omit<Exclude<CertificateState, { status: 'unissued' }>, 'certificate'> & { readonly successor?: string };

/** The rotations under way, and what they make of a certificate's renewal window; a Nest token. */
export class RotationDirectory {
  readonly #open = new Map<RotationId, Order>();
  #follower?: Follower;

  /** Follows the transport. Until it has caught up, windows may be shown as they were before a rotation. */
  static follow(transport: Transport): RotationDirectory {
    const directory = new RotationDirectory();
    directory.#follower = transport.follow({
      name: 'rotation-directory',
      after: 0,
      types: ['RotationOrdered', 'RotationCompleted'],
      handle: (events) => events.forEach((event) => directory.apply(event)),
    });
    // Rejects when it is stopped before: there is nobody to tell.
    directory.#follower.caughtUp.catch(() => undefined);
    return directory;
  }

  apply({ type, data, position }: Pick<RecordedEvent, 'type' | 'data' | 'position'>): void {
    if (type === 'RotationCompleted') {
      this.#open.delete((data as unknown as RotationCompleted['data']).rotationId);
      return;
    }
    const { window, ...order } = data as unknown as RotationOrdered['data'];
    // Without a window: certificates whose own windows have opened.
    if (window) this.#open.set(order.rotationId, { position, data: { ...order, window } });
  }

  /** `issued` is the position of the certificate's CertificateIssued: orders mean what was issued before them. */
  windowOf(state: Outline, issued: number): RenewalWindow & { readonly rotationId?: RotationId } {
    let window: RenewalWindow & { readonly rotationId?: RotationId } = renewalWindowOf(state);
    if (state.status === 'revoked' || state.successor !== undefined) return window;
    for (const { position, data } of this.#open.values()) {
      if (issued > position || !isSelected(data.selector, state)) continue;
      const { start, end } = window;
      const moved = rotatedWindow({ start, end }, data.window, state.serial);
      if (moved.start < start) window = { ...moved, rotationId: data.rotationId };
    }
    return window;
  }

  async stop(): Promise<void> {
    await this.#follower?.stop();
  }
}
