import { checkStrictDer } from '../asn1/check-strict-der.js';
import { DerReader, malformed } from '../asn1/der-reader.js';
import { formatName } from '../asn1/distinguished-name.js';
import { pemToDer } from '../asn1/pem.js';
import { CsrError, EncodingError } from '../errors.js';
import { classicKeyKinds } from '../signer/key-algorithm.js';
import { keyHashOf } from '../signer/public-key.js';
import { readSignatureMethod, verifySignature, type SignatureMethod } from '../signer/verify-signature.js';
import { acceptKey, invalidKey } from './key-policy.js';
import { readPlainRequest } from './plain-request.js';
import { checkProof, type ProofCheck } from './proof.js';
import { readRequestedExtensions } from './requested-extensions.js';
import { type CsrPolicy, type VerifiedCsr } from './verified-csr.js';

const defaultMaxNames = 100;

const checkMethod = (method: SignatureMethod): void => {
  if (method.strength === 'weak') throw new CsrError('CSR_WEAK_SIGNATURE', 'the request is signed with a weak hash');
  if (method.strength === 'unknown') {
    throw new CsrError('CSR_UNSUPPORTED_SIGNATURE', 'the signature algorithm of the request is not supported');
  }
};

const notSigned = (): CsrError =>
  new CsrError('CSR_BAD_SIGNATURE', 'the request is not signed by the key that it is for');

/** Any request, by a reader for each element; this thread checks the signature. Throws CsrError, DER_MALFORMED. */
export const readThoroughly = (der: Buffer, { maxNames = defaultMaxNames, keyKinds }: CsrPolicy): VerifiedCsr => {
  checkStrictDer(der, { maxDepth: 12, maxElements: 2_000 });
  const request = new DerReader(der).enter();
  const info = request.raw(0x30);
  const method = readSignatureMethod(request.raw(0x30));
  const signature = request.wholeBits();
  request.finish();

  const reader = new DerReader(info).enter();
  if (reader.unsigned() !== 0n) throw malformed('not a version 1 request');
  const subjectDer = reader.raw(0x30);
  const spki = reader.raw(0x30);
  const attributes = reader.optional(0xa0);
  reader.finish();

  const subject = formatName(subjectDer, { maxAttributes: 16, maxValue: 256 });
  // Everything that is cheap comes before the signature; what only looks like a request costs no public key operation.
  const { algorithm, key } = acceptKey(spki, keyKinds);
  checkMethod(method);
  const requested = readRequestedExtensions(attributes ?? new DerReader(Buffer.alloc(0)), maxNames);
  if (!verifySignature(method, key, info, signature)) throw notSigned();
  return { der, spki, keyAlgorithm: algorithm, keyHash: keyHashOf(spki), subject, subjectDer, ...requested };
};

const check: ProofCheck = { check: checkProof };

const read = async (der: Buffer, policy: CsrPolicy, proofs: ProofCheck): Promise<VerifiedCsr> => {
  const { maxNames = defaultMaxNames, keyKinds = classicKeyKinds } = policy;
  const plain = keyKinds.includes('ecdsa-p256') ? readPlainRequest(der, maxNames) : undefined;
  if (!plain) return readThoroughly(der, policy);
  const { info, signature, ...contents } = plain;
  const outcome = await proofs.check({ spki: plain.spki, info, signature });
  if (outcome === 'bad-key') throw invalidKey();
  if (outcome === 'bad-signature') throw notSigned();
  return { der, keyAlgorithm: 'ecdsa-p256', keyHash: keyHashOf(plain.spki), ...contents, ipAddresses: [] };
};

const derOf = (csr: string | Buffer): Buffer =>
  typeof csr === 'string' || csr[0] !== 0x30
    ? pemToDer(csr.toString('latin1'), 'CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST')
    : csr;

/**
 * A PKCS #10 request (RFC 2986), PEM or DER: size first, then strict encoding, key policy, what is asked for, and the
 * proof of possession. `proofs` may be a pool's: the signature is most of what a request costs. Throws CsrError, never
 * quoting the input: somebody will paste a private key.
 */
export const verifyCsr = async (
  csr: string | Buffer,
  policy: CsrPolicy = {},
  proofs: ProofCheck = check,
): Promise<VerifiedCsr> => {
  const { maxBytes = 16 * 1024 } = policy;
  if (csr.length > maxBytes) throw new CsrError('CSR_TOO_LARGE', `a request has at most ${maxBytes} bytes`);
  try {
    return await read(derOf(csr), policy, proofs);
  } catch (error) {
    if (!(error instanceof EncodingError)) throw error;
    throw new CsrError('CSR_MALFORMED', error.message, { cause: error });
  }
};
