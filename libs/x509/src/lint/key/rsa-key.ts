import { childrenOf, hexOf, onlyElement } from '../der/element.js';
import { type CertificateToSign } from '../to-sign.js';
import { type KeyView } from '../view/key-view.js';

export interface RsaKey {
  readonly modulus: bigint;
  readonly exponent: bigint;
}

// Three rules ask.
const known = new WeakMap<KeyView, RsaKey>();

/** Of the certificate's key, where it is RSA: RFC 8017, appendix A.1.1; undefined where it isn't, or is malformed. */
export const rsaKeyOf = ({ certificate: { key } }: CertificateToSign): RsaKey | undefined => {
  if (key.kind !== 'rsa' || !key.bits) return undefined;
  const cached = known.get(key);
  if (cached) return cached;
  const [modulus, exponent, ...more] = childrenOf(onlyElement(key.bits, 0x30));
  if (modulus?.tag !== 0x02 || exponent?.tag !== 0x02 || more.length > 0) return undefined;
  const read = { modulus: BigInt(`0x${hexOf(modulus) || 0}`), exponent: BigInt(`0x${hexOf(exponent) || 0}`) };
  known.set(key, read);
  return read;
};
