import { DerReader, malformed } from '../asn1/der-reader.js';
import { checkStrictDer } from '../asn1/check-strict-der.js';
import { oid } from '../asn1/oid.js';
import { isDnsName } from '../certificate/dns-name.js';
import { firstDuplicate, readExtensions, type Extension } from '../certificate/extension.js';
import { decodeGeneralNames } from '../certificate/general-names.js';
import { keyUsageNames, type KeyUsageName } from '../certificate/key-usage.js';
import { parseSpiffeId } from '../certificate/spiffe-id.js';
import { CsrError, SpiffeIdError } from '../errors.js';

export interface RequestedExtensions {
  readonly uris: readonly string[];
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly requestedKeyUsage?: readonly KeyUsageName[];
  readonly requestedExtendedKeyUsage?: readonly string[];
}

type Requested = { -readonly [Key in keyof RequestedExtensions]: RequestedExtensions[Key] };

const forbidden = (message: string): CsrError => new CsrError('CSR_FORBIDDEN_EXTENSION', message);
const invalidName = (message: string): CsrError => new CsrError('CSR_INVALID_NAME', message);

const checkUri = (uri: string): string => {
  try {
    parseSpiffeId(uri);
  } catch (error) {
    if (error instanceof SpiffeIdError) throw invalidName(`a URI name is not a SPIFFE ID: ${error.message}`);
    throw error;
  }
  return uri;
};

const checkDnsName = (name: string): string => {
  const lower = name.toLowerCase();
  if (!isDnsName(lower)) throw invalidName('a DNS name is not a plain host name (wildcards are not certified)');
  return lower;
};

type Reader = (value: Buffer, requested: Requested, maxNames: number) => void;

const readers: Readonly<Record<string, Reader>> = {
  [oid.subjectAltName]: (value, requested, maxNames) => {
    const names = decodeGeneralNames(value, maxNames);
    if (names.emails.length > 0 || names.others.length > 0) {
      throw invalidName('names are URIs, DNS names and IP addresses');
    }
    requested.uris = [...new Set(names.uris.map(checkUri))];
    requested.dnsNames = [...new Set(names.dnsNames.map(checkDnsName))];
    requested.ipAddresses = [...new Set(names.ipAddresses)];
  },
  [oid.keyUsage]: (value, requested) => {
    const reader = new DerReader(value);
    const names = reader.namedBits().flatMap((bit) => keyUsageNames[bit] ?? []);
    reader.finish();
    if (names.includes('keyCertSign') || names.includes('cRLSign')) throw forbidden('a request can’t ask to sign');
    requested.requestedKeyUsage = names;
  },
  [oid.extendedKeyUsage]: (value, requested) => {
    const reader = new DerReader(value).enter();
    const purposes: string[] = [];
    while (!reader.done) purposes.push(reader.objectIdentifier());
    requested.requestedExtendedKeyUsage = purposes;
  },
  [oid.basicConstraints]: (value) => {
    const reader = new DerReader(value).enter();
    if (reader.tag === 0x01 && reader.boolean()) throw forbidden('a request can’t ask for a CA certificate');
    if (reader.tag === 0x02) throw forbidden('a path length is for CA certificates');
    reader.finish();
  },
  // Ours is derived from the key: what is asked for is read and left.
  [oid.subjectKeyIdentifier]: (value) => {
    const reader = new DerReader(value);
    if (reader.content(0x04).length > 64) throw malformed('a subject key identifier is too long');
    reader.finish();
  },
};

const read = (extensions: readonly Extension[], maxNames: number): RequestedExtensions => {
  const duplicate = firstDuplicate(extensions);
  if (duplicate !== undefined) throw new CsrError('CSR_DUPLICATE_EXTENSION', `extension ${duplicate} occurs twice`);
  const requested: Requested = { uris: [], dnsNames: [], ipAddresses: [] };
  for (const { oid: id, value } of extensions) {
    const reader = readers[id];
    // Critical or not: what we would drop in silence, the sender believes to have.
    if (!reader) throw new CsrError('CSR_UNKNOWN_EXTENSION', `extension ${id} is not one that can be requested`);
    checkStrictDer(value, { maxDepth: 8, maxElements: 500 });
    reader(value, requested, maxNames);
  }
  return requested;
};

/** Reads the [0] attributes of a CertificationRequestInfo (RFC 2986, section 4.1). Throws CsrError, DER_MALFORMED. */
export const readRequestedExtensions = (attributes: DerReader, maxNames: number): RequestedExtensions => {
  const seen = new Set<string>();
  let requested: RequestedExtensions = { uris: [], dnsNames: [], ipAddresses: [] };
  while (!attributes.done) {
    const attribute = attributes.enter();
    const type = attribute.objectIdentifier();
    const values = attribute.enter(0x31);
    attribute.finish();
    if (seen.has(type)) throw new CsrError('CSR_DUPLICATE_EXTENSION', `attribute ${type} occurs twice`);
    seen.add(type);
    if (type === oid.microsoftExtensionRequest) {
      throw new CsrError('CSR_UNKNOWN_EXTENSION', 'extensions are requested by the PKCS #9 attribute');
    }
    if (type !== oid.extensionRequest) continue; // challengePassword and the like ask for nothing
    const extensions = readExtensions(values.enter());
    if (!values.done) throw new CsrError('CSR_DUPLICATE_EXTENSION', 'the extension request has more than one value');
    requested = read(extensions, maxNames);
  }
  return requested;
};
