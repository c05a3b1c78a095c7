import { childrenOf, contentOf, type Element, expectTag, notDer, onlyElement, rawOf } from '../der/element.js';
import { type TimeView, timeOf } from '../der/time.js';
import { oids } from '../oids.js';
import { byOid, type ExtensionView, extensionViews } from './extension-view.js';
import {
  type AuthorityKeyIdView,
  authorityKeyId,
  type BasicConstraintsView,
  basicConstraints,
  type BitsView,
  type GeneralNameView,
  generalNames,
  namedBits,
  purposes,
} from './extension-values.js';
import { type KeyView, keyView } from './key-view.js';
import { type NameView, nameView } from './name-view.js';

/** A TBSCertificate as its bytes say, RFC 5280, section 4.1; extensions are read when first asked for. */
export class CertificateView {
  #san: readonly GeneralNameView[] | undefined;
  #basicConstraints: BasicConstraintsView | undefined;
  #keyUsage: BitsView | undefined;
  #purposes: readonly string[] | undefined;
  #spiffeIds: readonly string[] | undefined;

  constructor(
    readonly element: Element,
    /** As written: 2 means version 3; undefined where it is left out. */
    readonly version: number | undefined,
    /** Content octets. */
    readonly serial: Buffer,
    /** AlgorithmIdentifier, DER, in hex. */
    readonly signatureAlgorithm: string,
    readonly issuer: NameView,
    readonly notBefore: TimeView,
    readonly notAfter: TimeView,
    readonly subject: NameView,
    readonly key: KeyView,
    readonly hasUniqueIds: boolean,
    readonly extensions: readonly ExtensionView[],
    readonly writesEmptyExtensions: boolean,
  ) {}

  extension(oid: string): ExtensionView | undefined {
    return byOid(this.extensions, oid);
  }

  get isSelfIssued(): boolean {
    return this.subject.raw.equals(this.issuer.raw);
  }

  get basicConstraints(): BasicConstraintsView | undefined {
    const value = this.extension(oids.basicConstraints)?.value;
    return (this.#basicConstraints ??= value && basicConstraints(value));
  }

  get isCa(): boolean {
    return this.basicConstraints?.ca ?? false;
  }

  get keyUsage(): BitsView | undefined {
    const value = this.extension(oids.keyUsage)?.value;
    return (this.#keyUsage ??= value && namedBits(value));
  }

  /** False also where there is no such extension. */
  hasUsage(bit: number): boolean {
    return ((this.keyUsage?.mask ?? 0) & (1 << bit)) !== 0;
  }

  /** Of the extended key usage; undefined where there is none. */
  get purposes(): readonly string[] | undefined {
    const value = this.extension(oids.extendedKeyUsage)?.value;
    return (this.#purposes ??= value && purposes(value));
  }

  get isOcspDelegate(): boolean {
    return this.purposes?.includes(oids.ocspSigning) ?? false;
  }

  /** Of the subject alternative name; empty where there is none. */
  get names(): readonly GeneralNameView[] {
    const value = this.extension(oids.subjectAltName)?.value;
    return (this.#san ??= value ? generalNames(value) : []);
  }

  /** The names of one kind as text, one character an octet. */
  textsOf(kind: number): string[] {
    const texts: string[] = [];
    for (const name of this.names) if (name.kind === kind) texts.push(name.content.toString('latin1'));
    return texts;
  }

  /** The URIs that are SPIFFE IDs or mean to be. */
  get spiffeIds(): readonly string[] {
    return (this.#spiffeIds ??= this.textsOf(6).filter((uri) => /^spiffe:/i.test(uri)));
  }

  get subjectKeyId(): Buffer | undefined {
    const value = this.extension(oids.subjectKeyIdentifier)?.value;
    return value && contentOf(onlyElement(value, 0x04));
  }

  get authorityKeyId(): AuthorityKeyIdView | undefined {
    const value = this.extension(oids.authorityKeyIdentifier)?.value;
    return value && authorityKeyId(value);
  }
}

/** Throws DER_MALFORMED where the structure is another. */
export const certificateView = (tbs: Buffer): CertificateView => read(onlyElement(tbs, 0x30));

/** Of a whole certificate. */
export const signedCertificateView = (certificate: Buffer): CertificateView =>
  read(expectTag(childrenOf(onlyElement(certificate, 0x30))[0], 0x30));

const read = (element: Element): CertificateView => {
  const parts = childrenOf(element);
  const wrapped = parts[0]?.tag === 0xa0 ? parts.shift() : undefined;
  const [serial, algorithm, issuer, validity, subject, key, ...rest] = parts;
  const [notBefore, notAfter, ...more] = childrenOf(expectTag(validity, 0x30));
  if (!notBefore || !notAfter || more.length > 0) throw notDer('the validity has other parts than two');
  const last = rest.at(-1)?.tag === 0xa3 ? rest.pop() : undefined;
  if (rest.some(({ tag }) => tag !== 0x81 && tag !== 0x82)) throw notDer('a certificate has other parts');
  const extensions = last ? extensionViews(only(last)) : [];
  return new CertificateView(
    element,
    wrapped && versionOf(only(wrapped)),
    contentOf(expectTag(serial, 0x02)),
    rawOf(expectTag(algorithm, 0x30)).toString('hex'),
    nameView(expectTag(issuer, 0x30)),
    timeOf(notBefore),
    timeOf(notAfter),
    nameView(expectTag(subject, 0x30)),
    keyView(expectTag(key, 0x30)),
    rest.length > 0,
    extensions,
    last !== undefined && extensions.length === 0,
  );
};

const only = (element: Element): Element => {
  const [child, ...more] = childrenOf(element);
  if (!child || more.length > 0) throw notDer('an explicit tag holds other than one element');
  return child;
};

const versionOf = ({ bytes, tag, content, end }: Element): number =>
  tag === 0x02 && end - content === 1 ? bytes[content]! : -1;
