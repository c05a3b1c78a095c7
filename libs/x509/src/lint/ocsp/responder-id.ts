import { createHash } from 'node:crypto';
import { childrenOf, contentOf, expectTag, rawOf } from '../der/element.js';
import { type ResponseRule, type ResponseToSign } from '../to-sign.js';

// The signing key stays the same from answer to answer.
const hashes = new WeakMap<Buffer, Buffer>();

const keyHashOf = ({ signingKey: { raw, bits } }: ResponseToSign): Buffer => {
  const known = hashes.get(raw);
  if (known) return known;
  const hash = createHash('sha1')
    .update(bits ?? Buffer.alloc(0))
    .digest();
  hashes.set(raw, hash);
  return hash;
};

/** By key: the SHA-1 of the signing key's bits. By name: the subject of its certificate. */
export const responderId: ResponseRule = {
  id: 'ocsp.responder-id',
  section: 'RFC 6960, section 4.2.2.3',
  severity: 'error',
  check: (subject) => {
    const { responderId: id } = subject.response;
    const [value] = id.tag === 0xa1 || id.tag === 0xa2 ? childrenOf(id) : [];
    if (!value) return 'it is neither a name nor a key hash';
    if (id.tag === 0xa1) {
      if (value.content === value.end) return 'the name is empty';
      const name = subject.issuer?.subject.raw;
      return name && !name.equals(rawOf(value)) ? "it is not the subject of the responder's certificate" : undefined;
    }
    const hash = contentOf(expectTag(value, 0x04));
    return hash.equals(keyHashOf(subject)) ? undefined : 'it is not the SHA-1 of the signing key';
  },
};
