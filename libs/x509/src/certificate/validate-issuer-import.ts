import { createPublicKey } from 'node:crypto';
import { pemChainToDer } from '../asn1/pem.js';
import { CertificateError, CsrError, EncodingError, IssuerImportError, KeyStoreError } from '../errors.js';
import { acceptKey } from '../csr/key-policy.js';
import { classicKeyKinds, type PublicKeyAlgorithm } from '../signer/key-algorithm.js';
import { readPrivateKeyPem } from '../signer/private-key.js';
import { keyHashOf, spkiOf } from '../signer/public-key.js';
import { basicConstraintsOf, keyUsageOf, parseCertificate, type ParsedCertificate } from './parsed-certificate.js';
import { isSignedBy, verifyChain } from './verify-chain.js';

// Whoever imports an issuer has chosen its keys.
const anyKind = [...classicKeyKinds, 'ml-dsa-44', 'ml-dsa-65'] as const;

export interface IssuerImport {
  /** The issuer, then each one's issuer, up to the self-signed root. */
  readonly chainPem: string;
  readonly privateKeyPem: string;
  readonly now: Date;
  /** How many CAs the issuer shall have below it; none unless told. */
  readonly casBelow?: number;
}

export interface ImportedIssuer {
  /** DER. */
  readonly certificate: Buffer;
  /** Between the issuer and the root, DER, nearest first. */
  readonly intermediates: readonly Buffer[];
  /** Self-signed, DER; the issuer itself where it is one. */
  readonly root: Buffer;
  readonly keyAlgorithm: PublicKeyAlgorithm;
  readonly keyHash: string;
}

const refuse = (code: IssuerImportError['code'], message: string, options?: ErrorOptions): IssuerImportError =>
  new IssuerImportError(code, message, options);

const translate = (error: unknown): unknown => {
  if (error instanceof CsrError) return refuse('ISSUER_IMPORT_WEAK_KEY', error.message, { cause: error });
  if (error instanceof KeyStoreError || error instanceof EncodingError) {
    return refuse('ISSUER_IMPORT_MALFORMED', error.message, { cause: error });
  }
  if (!(error instanceof CertificateError)) return error;
  const malformed = error.code === 'CERTIFICATE_MALFORMED';
  return refuse(malformed ? 'ISSUER_IMPORT_MALFORMED' : 'ISSUER_IMPORT_CHAIN_INVALID', error.message, { cause: error });
};

const checkCas = (chain: readonly ParsedCertificate[], casBelow: number): void => {
  const usage = keyUsageOf(chain[0]!);
  if (!basicConstraintsOf(chain[0]!).ca || !usage?.includes('keyCertSign') || !usage.includes('cRLSign')) {
    throw refuse('ISSUER_IMPORT_NOT_A_CA', 'the certificate is not one of a CA that may sign certificates and CRLs');
  }
  // Seen from the leaves that are to come: each CA has those before it in the chain, and the ones below, beneath it.
  chain.forEach((certificate, before) => {
    const { pathLength } = basicConstraintsOf(certificate);
    if (pathLength === undefined || pathLength >= before + casBelow) return;
    const code = before === 0 ? 'ISSUER_IMPORT_NOT_A_CA' : 'ISSUER_IMPORT_CHAIN_INVALID';
    throw refuse(code, 'the path length of a CA leaves no room for the certificates to be issued');
  });
};

const validate = ({ chainPem, privateKeyPem, now, casBelow = 0 }: IssuerImport): ImportedIssuer => {
  const chain = pemChainToDer(chainPem);
  if (chain.length > 8) throw refuse('ISSUER_IMPORT_CHAIN_INVALID', 'the chain has more than 8 certificates');
  const parsed = chain.map(parseCertificate);
  const [issuer, root] = [parsed[0]!, parsed.at(-1)!];
  if (!spkiOf(createPublicKey(readPrivateKeyPem(privateKeyPem))).equals(issuer.spki)) {
    throw refuse('ISSUER_IMPORT_KEY_MISMATCH', 'the private key is not the one of the first certificate');
  }
  const { algorithm } = acceptKey(issuer.spki, anyKind);
  for (const { spki } of parsed) acceptKey(spki, anyKind);
  checkCas(parsed, casBelow);
  if (parsed.some(({ notBefore, notAfter }) => now < notBefore || now > notAfter)) {
    throw refuse('ISSUER_IMPORT_EXPIRED', 'a certificate of the chain has expired or is not yet valid');
  }
  if (!root.subjectName.equals(root.issuerName) || !isSignedBy(root, root)) {
    throw refuse('ISSUER_IMPORT_CHAIN_INVALID', 'the chain does not end in its self-signed root');
  }
  const intermediates = chain.slice(1, -1);
  if (chain.length > 1) {
    const path = verifyChain({ leaf: issuer.der, intermediates, anchors: [root.der], now });
    if (!path.every((der, i) => der.equals(chain[i]!)) || path.length !== chain.length) {
      throw refuse('ISSUER_IMPORT_CHAIN_INVALID', 'the certificates are not in order, each issued by the next');
    }
  }
  return {
    certificate: issuer.der,
    intermediates,
    root: root.der,
    keyAlgorithm: algorithm,
    keyHash: keyHashOf(issuer.spki),
  };
};

/** As Istio's plugged-in CA (ca-cert.pem with its chain and root, ca-key.pem). Throws IssuerImportError. */
export const validateIssuerImport = (input: IssuerImport): ImportedIssuer => {
  try {
    return validate(input);
  } catch (error) {
    throw translate(error);
  }
};
