import { oid } from '../asn1/oid.js';
import { CertificateError, EncodingError } from '../errors.js';
import { publicKeyFromSpki, verifySignature } from '../signer/verify-signature.js';
import { decodeNameConstraints, namesFit } from './name-constraints.js';
import {
  authorityKeyIdOf,
  basicConstraintsOf,
  extendedKeyUsageOf,
  keyUsageOf,
  parseCertificate,
  subjectAltNamesOf,
  subjectKeyIdOf,
  type ParsedCertificate,
} from './parsed-certificate.js';

export interface ChainInput {
  readonly leaf: Buffer;
  readonly intermediates: readonly Buffer[];
  /** Trusted as they are; their dates and constraints hold all the same. */
  readonly anchors: readonly Buffer[];
  readonly now: Date;
  /** The purpose that the leaf must have, as an object identifier. */
  readonly purpose?: string;
}

const refuse = (message: string, options?: ErrorOptions): CertificateError =>
  new CertificateError('CERTIFICATE_CHAIN_INVALID', message, options);

const understood: ReadonlySet<string> = new Set([
  oid.basicConstraints,
  oid.keyUsage,
  oid.extendedKeyUsage,
  oid.subjectAltName,
  oid.nameConstraints,
]);

/** Whether the child may have been issued by the parent, going by what the two say. */
const mayIssue = (parent: ParsedCertificate, child: ParsedCertificate): boolean => {
  if (!parent.subjectName.equals(child.issuerName)) return false;
  const [authority, subject] = [authorityKeyIdOf(child), subjectKeyIdOf(parent)];
  return !authority || !subject || authority.equals(subject);
};

export const isSignedBy = (child: ParsedCertificate, parent: ParsedCertificate): boolean => {
  try {
    return verifySignature(child.signatureMethod, publicKeyFromSpki(parent.spki), child.tbs, child.signature);
  } catch {
    return false; // a key that can't be imported has signed nothing
  }
};

const checkCa = (certificate: ParsedCertificate, casBelow: number): void => {
  const { ca, pathLength } = basicConstraintsOf(certificate);
  if (!ca) throw refuse('an issuer in the path is not a CA');
  if (pathLength !== undefined && pathLength < casBelow) throw refuse('the path is longer than a CA in it permits');
  if (keyUsageOf(certificate)?.includes('keyCertSign') === false) throw refuse('a CA in the path may not sign');
};

const checkConstraints = (certificate: ParsedCertificate, below: readonly ParsedCertificate[]): void => {
  const extension = certificate.extensions.find((each) => each.oid === oid.nameConstraints);
  if (!extension) return;
  const constraints = decodeNameConstraints(extension.value);
  for (const each of below) {
    // Self-issued CA certificates are exempt, the leaf never (RFC 5280, section 6.1.3 b, c).
    if (each !== below[0] && each.subjectName.equals(each.issuerName)) continue;
    if (!namesFit(subjectAltNamesOf(each), constraints)) throw refuse('a name is outside the constraints of a CA');
  }
};

/** Everything but the signatures, from leaf to anchor (RFC 5280, section 6.1). */
const checkPath = (path: readonly ParsedCertificate[], now: Date, purpose: string | undefined): void => {
  path.forEach((certificate, depth) => {
    if (now < certificate.notBefore) throw refuse('a certificate in the path is not yet valid');
    if (now > certificate.notAfter) throw refuse('a certificate in the path has expired');
    const unknown = certificate.extensions.find(({ critical, oid: id }) => critical && !understood.has(id));
    if (unknown) throw refuse(`critical extension ${unknown.oid} is not understood`);
    if (depth > 0) checkCa(certificate, depth - 1);
    checkConstraints(certificate, path.slice(0, depth));
  });
  if (purpose !== undefined && extendedKeyUsageOf(path[0]!)?.includes(purpose) === false) {
    throw refuse('the certificate is not for this purpose');
  }
};

const maxDepth = 8;
const maxSignatures = 100;

/**
 * The first path from leaf to an anchor that holds, both included, DER. Throws CERTIFICATE_CHAIN_INVALID with what was
 * wrong with the last one tried. Revocation is the ledger's to say.
 */
export const verifyChain = ({ leaf, intermediates, anchors, now, purpose }: ChainInput): readonly Buffer[] => {
  const trusted = anchors.map(parseCertificate);
  const between = intermediates.map(parseCertificate);
  let reason = refuse('no path leads to a trust anchor');
  let signatures = 0;
  const extend = (path: readonly ParsedCertificate[]): readonly ParsedCertificate[] | undefined => {
    const last = path.at(-1)!;
    for (const parent of [...trusted, ...between]) {
      if (path.includes(parent) || !mayIssue(parent, last)) continue;
      if (++signatures > maxSignatures) throw refuse('too many paths to try');
      if (!isSignedBy(last, parent)) {
        reason = refuse('a signature in the path is wrong');
        continue;
      }
      const longer = [...path, parent];
      if (trusted.includes(parent)) {
        try {
          checkPath(longer, now, purpose);
          return longer;
        } catch (error) {
          if (error instanceof EncodingError) reason = refuse(error.message, { cause: error });
          else if (error instanceof CertificateError) reason = error;
          else throw error;
        }
      } else if (longer.length < maxDepth) {
        const found = extend(longer);
        if (found) return found;
      }
    }
    return undefined;
  };
  const path = extend([parseCertificate(leaf)]);
  if (!path) throw reason;
  return path.map(({ der }) => der);
};
