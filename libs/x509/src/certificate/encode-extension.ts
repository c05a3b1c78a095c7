import {
  boolean,
  context,
  contextPrimitive,
  ia5,
  integer,
  namedBits,
  nullValue,
  objectIdentifier,
  octetString,
  sequence,
} from '../asn1/der-writer.js';
import { oid } from '../asn1/oid.js';
import { type Extension } from './extension.js';
import { encodeGeneralNames, type GeneralNames } from './general-names.js';
import { keyUsageNames, type KeyUsageName } from './key-usage.js';

// One function an extension, RFC 5280, section 4.2.1, in its order.

export const authorityKeyIdentifier = (keyId: Buffer): Extension => ({
  oid: oid.authorityKeyIdentifier,
  critical: false,
  value: sequence(contextPrimitive(0, keyId)),
});

export const subjectKeyIdentifier = (keyId: Buffer): Extension => ({
  oid: oid.subjectKeyIdentifier,
  critical: false,
  value: octetString(keyId),
});

export const keyUsage = (...names: readonly KeyUsageName[]): Extension => ({
  oid: oid.keyUsage,
  critical: true,
  value: namedBits(names.map((name) => keyUsageNames.indexOf(name))),
});

/** Critical where the subject is empty (section 4.2.1.6). */
export const subjectAltName = (
  names: Partial<Pick<GeneralNames, 'uris' | 'dnsNames' | 'ipAddresses'>>,
  critical: boolean,
): Extension => ({ oid: oid.subjectAltName, critical, value: encodeGeneralNames(names) });

/** Critical also in leaves: what can't read it must not take one for a CA. */
export const basicConstraints = (ca: boolean, pathLength?: number): Extension => ({
  oid: oid.basicConstraints,
  critical: true,
  value: ca ? sequence(boolean(true), ...(pathLength === undefined ? [] : [integer(pathLength)])) : sequence(),
});

export const extendedKeyUsage = (...purposes: readonly string[]): Extension => ({
  oid: oid.extendedKeyUsage,
  critical: false,
  value: sequence(...purposes.map(objectIdentifier)),
});

const distributionPoint = (url: string): Buffer =>
  sequence(sequence(context(0, context(0, contextPrimitive(6, ia5(url))))));

/** One distribution point by URL, for the whole scope: no reasons, no other issuer. */
export const crlDistributionPoint = (url: string): Extension => ({
  oid: oid.crlDistributionPoints,
  critical: false,
  value: distributionPoint(url),
});

/** Where the delta is; in certificates and in complete CRLs (section 5.2.6). */
export const freshestCrl = (url: string): Extension => ({
  oid: oid.freshestCrl,
  critical: false,
  value: distributionPoint(url),
});

export const authorityInfoAccess = (urls: { ocsp?: string; caIssuers?: string }): Extension => {
  const access = (method: string, url?: string) =>
    url === undefined ? [] : [sequence(objectIdentifier(method), contextPrimitive(6, ia5(url)))];
  return {
    oid: oid.authorityInfoAccess,
    critical: false,
    value: sequence(...access(oid.ocsp, urls.ocsp), ...access(oid.caIssuers, urls.caIssuers)),
  };
};

/** RFC 6960, section 4.2.2.2.1: the responder's own certificate is not asked about. */
export const ocspNoCheck = (): Extension => ({ oid: oid.ocspNoCheck, critical: false, value: nullValue() });
