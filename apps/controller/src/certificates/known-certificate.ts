import type { Certificate } from '@cartulary/contracts';
import {
  type CertificateIssued,
  isSelected,
  type OrderedSelector,
  type RenewalWindow,
  renewalWindowOf,
  rotatedWindow,
  rotationTurn,
  type Rotatable,
  type Serial,
  type Timestamp,
} from '@cartulary/domain';

/** What the controller knows of a certificate that it asked for. */
export interface KnownCertificate {
  readonly serial: string;
  readonly identity: string;
  readonly issuerId: string;
  readonly status: 'active' | 'held' | 'revoked';
  readonly notAfter: Date;
  /** When to renew it: its own moment of its window. */
  readonly renewAt: Date;
  /** Of its CertificateIssued: rotations mean what was issued before them. */
  readonly position: number;
  /** It was not asked for a Secret: somebody else has its key. */
  readonly apart?: true;
}

// The server has spread the windows already; the last part of each is left for what fails at first.
const LATEST = 0.8;

const momentOf = (window: RenewalWindow & { readonly rotationId?: string }, serial: string): Date => {
  const [start, end] = [Date.parse(window.start), Date.parse(window.end)];
  // Under a rotation the start is the certificate's own turn.
  const share = window.rotationId === undefined ? LATEST * rotationTurn(serial as Serial) : 0;
  return new Date(start + (end - start) * share);
};

/** As the REST API shows it; undefined where it is nobody's. */
export const fromView = (view: Certificate): KnownCertificate | undefined => {
  const { serial, identity, issuerId, status, notAfter, renewalWindow, position } = view;
  if (identity === undefined) return undefined;
  const known = { serial, identity, issuerId, position, notAfter: new Date(notAfter) };
  const window = renewalWindow as RenewalWindow & { readonly rotationId?: string };
  return { ...known, status: status === 'expired' ? 'active' : status, renewAt: momentOf(window, serial) };
};

export const fromIssued = (data: CertificateIssued['data'], position: number): KnownCertificate | undefined => {
  const { serial, identity, issuerId, notAfter } = data;
  if (identity === undefined) return undefined;
  const renewAt = momentOf(renewalWindowOf(data), serial);
  return { serial, identity, issuerId, status: 'active', notAfter: new Date(notAfter), renewAt, position };
};

/** As after an order: renewed at its turn, or earlier where its own window comes first. */
export const underOrder = (
  known: KnownCertificate,
  order: { readonly selector: OrderedSelector; readonly window?: RenewalWindow; readonly orderedAt: Timestamp },
  position: number,
): KnownCertificate => {
  const { serial, identity, issuerId } = known;
  if (known.position > position) return known;
  if (!isSelected(order.selector, { serial, identity, issuerId, profile: 'workload' } as Rotatable)) return known;
  const own = { start: known.renewAt.toISOString(), end: known.notAfter.toISOString() } as RenewalWindow;
  const ordered = order.window ?? { start: order.orderedAt, end: order.orderedAt };
  const renewAt = new Date(rotatedWindow(own, ordered, serial as Serial).start);
  return renewAt < known.renewAt ? { ...known, renewAt } : known;
};
