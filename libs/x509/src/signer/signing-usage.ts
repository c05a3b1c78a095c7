import { SignerRefusedError } from '../errors.js';

/** What a signature is for; the bytes must have that shape. */
export type SigningUsage = 'certificate' | 'crl' | 'ocsp' | 'csr' | 'transcript';

// The first bytes of each structure tell them apart, whatever follows: a key asked to sign an OCSP answer can't be
// made to sign a certificate.
const beginnings: Record<SigningUsage, readonly (readonly number[])[]> = {
  certificate: [[0xa0, 0x03, 0x02, 0x01, 0x02, 0x02]], // [0] version v3, serial number
  crl: [[0x02, 0x01, 0x01, 0x30]], // version v2, signature algorithm
  csr: [[0x02, 0x01, 0x00, 0x30]], // version v1, subject
  transcript: [[0x0c, 0x1f]], // UTF8String, the name that transcriptToBeSigned gives
  ocsp: [[0xa1], [0xa2]], // responderID byName, byKey
};

const contentOffset = (bytes: Buffer, total: number): number => {
  const first = bytes[1] ?? 0x80;
  if (first < 0x80) return first + 2 === total ? 2 : -1;
  const count = first - 0x80;
  if (count < 1 || count > 4 || bytes.length < 2 + count) return -1;
  return 2 + count + bytes.readUIntBE(2, count) === total ? 2 + count : -1;
};

/** Of `total` octets, `bytes` is all or the beginning. Throws SIGNER_REFUSED when they are not what they are said to be. */
export const checkUsage = (usage: SigningUsage, bytes: Buffer, total = bytes.length): void => {
  const offset = bytes[0] === 0x30 ? contentOffset(bytes, total) : -1;
  const fits = offset > 0 && beginnings[usage].some((start) => start.every((byte, i) => bytes[offset + i] === byte));
  if (!fits) throw new SignerRefusedError(`the bytes to be signed are not those of a ${usage}`);
};
