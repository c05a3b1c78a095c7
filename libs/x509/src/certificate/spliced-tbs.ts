import { time } from '../asn1/der-time.js';
import { context, contextPrimitive, ia5, integer, octetString, sequence } from '../asn1/der-writer.js';
import { oid } from '../asn1/oid.js';
import { encodeSerial } from '../asn1/serial.js';
import { signatureIdentifier } from '../asn1/signature-identifier.js';
import { encodeExtensions, type Extension } from './extension.js';
import { type CertificateTemplate } from './tbs-certificate.js';

/** What differs from one X.509-SVID of a template to the next. */
export interface Variables {
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly spki: Buffer;
  readonly uri: string;
  /** 20 octets. */
  readonly subjectKeyId: Buffer;
}

type Hole = (variables: Variables) => Buffer;

const version = context(0, integer(2));

// Without the outer SEQUENCE that encodeExtensions writes: one extension by itself.
const encoded = (extension: Extension): Buffer => {
  const list = encodeExtensions([extension]);
  return list.subarray(list.length < 0x82 ? 2 : list.length < 0x103 ? 3 : 4);
};

const holes: Readonly<Record<string, Hole>> = {
  [oid.subjectAltName]: ({ uri }) => sequence(contextPrimitive(6, ia5(uri))),
  [oid.subjectKeyIdentifier]: ({ subjectKeyId }) => octetString(subjectKeyId),
};

/** Constant bytes, or what is made of the variables; neighbouring constants are one piece. */
const partsOf = (extensions: readonly Extension[]): (Buffer | Hole)[] => {
  const parts: (Buffer | Hole)[] = [];
  for (const extension of extensions) {
    const valueOf = holes[extension.oid];
    const last = parts.at(-1);
    if (valueOf) parts.push((variables) => encoded({ ...extension, value: valueOf(variables) }));
    else if (last && typeof last !== 'function') parts[parts.length - 1] = Buffer.concat([last, encoded(extension)]);
    else parts.push(encoded(extension));
  }
  return parts;
};

/**
 * Cuts a template up: what the same issuer, profile and kind of key make the same in every certificate is encoded once.
 * What comes back writes the TBSCertificate (RFC 5280, section 4.1), byte for byte as buildTbsCertificate would; of the
 * template's own serial, dates, key, URI and key identifier nothing stays.
 */
export const compileTbs = (template: CertificateTemplate): ((variables: Variables) => Buffer) => {
  const head = Buffer.concat([signatureIdentifier(template.signatureAlgorithm), template.issuerName]);
  const parts = partsOf(template.extensions);
  const { subjectName } = template;
  return (variables) => {
    const extensions = parts.map((part) => (typeof part === 'function' ? part(variables) : part));
    return sequence(
      version,
      encodeSerial(variables.serial),
      head,
      sequence(time(variables.notBefore), time(variables.notAfter)),
      subjectName,
      variables.spki,
      context(3, sequence(...extensions)),
    );
  };
};
