import { childrenOf, type Element, expectTag, hexOf, onlyElement, rawOf, wholeOctets } from '../der/element.js';
import { oids } from '../oids.js';

export type KeyKind = 'p256' | 'p384' | 'rsa' | 'ed25519' | 'ml-dsa-44' | 'ml-dsa-65' | 'ml-dsa-87' | 'other';

/** A SubjectPublicKeyInfo, RFC 5280, section 4.1.2.7. */
export interface KeyView {
  readonly raw: Buffer;
  readonly kind: KeyKind;
  readonly algorithm: string;
  /** AlgorithmIdentifier, DER, in hex. */
  readonly identifier: string;
  /** The key itself; undefined when its BIT STRING is not of whole octets. */
  readonly bits: Buffer | undefined;
}

const kinds: Readonly<Record<string, KeyKind>> = {
  [oids.rsaEncryption]: 'rsa',
  [oids.ed25519]: 'ed25519',
  [oids.mlDsa44]: 'ml-dsa-44',
  [oids.mlDsa65]: 'ml-dsa-65',
  [oids.mlDsa87]: 'ml-dsa-87',
};

const curves: Readonly<Record<string, KeyKind>> = { [oids.p256]: 'p256', [oids.p384]: 'p384' };

export const keyView = (element: Element): KeyView => {
  const [identifier, key, ...more] = childrenOf(expectTag(element, 0x30));
  if (more.length > 0) expectTag(undefined, 0x30);
  const [algorithm, parameters] = childrenOf(expectTag(identifier, 0x30));
  const oid = hexOf(expectTag(algorithm, 0x06));
  const curve = parameters?.tag === 0x06 ? curves[hexOf(parameters)] : undefined;
  return {
    raw: rawOf(element),
    kind: (oid === oids.ecPublicKey ? curve : kinds[oid]) ?? 'other',
    algorithm: oid,
    identifier: rawOf(identifier!).toString('hex'),
    bits: wholeOctets(expectTag(key, 0x03)),
  };
};

/** Of a SubjectPublicKeyInfo, DER. */
export const keyViewOf = (spki: Buffer): KeyView => keyView(onlyElement(spki, 0x30));
