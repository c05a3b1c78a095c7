import type { IssuedCertificate } from '../certificate/events.js';
import type { SpiffeId } from '../identity/spiffe-id.js';
import type { DueSelector, OrderedSelector } from './events.js';

/** `shop` of `spiffe://cluster.local/ns/shop/sa/cart`; undefined for a system identity. */
export const namespaceOf = (identity: SpiffeId | undefined): string | undefined =>
  /^spiffe:\/\/[^/]+\/ns\/([^/]+)\/sa\//.exec(identity ?? '')?.[1];

export type Rotatable = Pick<IssuedCertificate, 'serial' | 'identity' | 'issuerId' | 'profile'>;

/** Responders replace their OCSP delegates by themselves, and never by a renewal; canaries are not replaced at all. */
export const isRotated = ({ profile }: Pick<Rotatable, 'profile'>): boolean =>
  profile !== 'ocsp-signing' && profile !== 'canary';

/** Whether a rotation means this certificate, if that is live and was issued before the order. */
export const isSelected = (selector: OrderedSelector | DueSelector, certificate: Rotatable): boolean => {
  if (!isRotated(certificate)) return false;
  if ('serials' in selector) return selector.serials.includes(certificate.serial);
  if ('identity' in selector) return certificate.identity === selector.identity;
  if ('namespace' in selector) return namespaceOf(certificate.identity) === selector.namespace;
  return certificate.issuerId === selector.issuerId;
};
