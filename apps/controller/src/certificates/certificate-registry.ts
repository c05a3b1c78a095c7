import type { LedgerEvent } from '@cartulary/contracts';
import type {
  CertificateIssued,
  CertificateRevoked,
  IssuerCompromised,
  RotationOrdered,
  OrderedSelector,
} from '@cartulary/domain';
import { fromIssued, fromView, type KnownCertificate, underOrder } from './known-certificate.js';

export interface RegistryListener {
  /** Something about a certificate of this identity is not as it was. */
  changed(identity: string): void;
}

/**
 * The certificates that this controller asked for, by serial and by identity: read once from the inventory, then folded
 * from the events after that. What stands in it is certain; what does not may still exist, and is asked for.
 */
export class CertificateRegistry {
  readonly #bySerial = new Map<string, KnownCertificate>();
  readonly #byIdentity = new Map<string, Set<string>>();

  constructor(
    /** As whom we ask: stands in the certificates as their requester. */
    private readonly requester: string,
    private readonly listener: RegistryListener,
  ) {}

  get size(): number {
    return this.#bySerial.size;
  }

  find(serial: string): KnownCertificate | undefined {
    return this.#bySerial.get(serial);
  }

  identities(): IterableIterator<string> {
    return this.#byIdentity.keys();
  }

  of(identity: string): readonly KnownCertificate[] {
    return [...(this.#byIdentity.get(identity) ?? [])].flatMap((serial) => this.#bySerial.get(serial) ?? []);
  }

  put(certificate: KnownCertificate): void {
    this.#bySerial.set(certificate.serial, certificate);
    const serials = this.#byIdentity.get(certificate.identity) ?? new Set();
    this.#byIdentity.set(certificate.identity, serials.add(certificate.serial));
  }

  /** Those of other requesters are passed over. */
  putView(view: Parameters<typeof fromView>[0]): void {
    const known = view.requester === this.requester ? fromView(view) : undefined;
    if (known) this.put(known);
  }

  apply({ type, data, position, actor }: LedgerEvent): void {
    switch (type) {
      case 'CertificateIssued': {
        const issued = data as unknown as CertificateIssued['data'];
        if (actor.id !== this.requester || issued.profile !== 'workload' || this.find(issued.serial)) return;
        const known = fromIssued(issued, position);
        if (known) this.#change(known);
        return;
      }
      case 'CertificateRevoked':
        return this.#setStatus((data as unknown as CertificateRevoked['data']).serial, 'revoked');
      case 'CertificateHeld':
        return this.#setStatus(String(data['serial']), 'held');
      case 'CertificateReleased':
        return this.#setStatus(String(data['serial']), 'active');
      case 'IssuerCompromised': {
        const { issuerId } = data as unknown as IssuerCompromised['data'];
        for (const known of this.#bySerial.values()) {
          if (known.issuerId === issuerId) this.#change({ ...known, status: 'revoked' });
        }
        return;
      }
      case 'RotationOrdered':
        return this.#order(data as unknown as RotationOrdered['data'], position);
      case 'IdentityReinstated':
        return this.listener.changed(String(data['identity']));
    }
  }

  /** Forgets what has ended. */
  prune(now: Date): void {
    for (const { serial, identity, notAfter } of this.#bySerial.values()) {
      if (notAfter > now) continue;
      this.#bySerial.delete(serial);
      const serials = this.#byIdentity.get(identity);
      serials?.delete(serial);
      if (serials?.size === 0) this.#byIdentity.delete(identity);
    }
  }

  #order({ selector, window, orderedAt }: RotationOrdered['data'], position: number): void {
    // The scheduler's own orders name what is due: each certificate's own moment is in it already.
    if ('due' in selector) return;
    const order = { selector: selector as OrderedSelector, orderedAt, ...(window ? { window } : {}) };
    for (const known of this.#bySerial.values()) {
      const moved = underOrder(known, order, position);
      if (moved !== known) this.#change(moved);
    }
  }

  #setStatus(serial: string, status: KnownCertificate['status']): void {
    const known = this.find(serial);
    if (known && known.status !== status && known.status !== 'revoked') this.#change({ ...known, status });
  }

  #change(known: KnownCertificate): void {
    this.put(known);
    this.listener.changed(known.identity);
  }
}
