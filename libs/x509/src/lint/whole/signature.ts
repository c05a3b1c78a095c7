import { readSignatureMethod, verifySignature } from '../../signer/verify-signature.js';
import { canonicalProblem } from '../der/canonical.js';
import { childrenOf, elementAt, onlyElement, rawOf, wholeOctets } from '../der/element.js';
import { type WholeRule } from './signed-object.js';

const ecdsaProblem = (value: Buffer): string | undefined => {
  const element = elementAt(value, 0, value.length);
  if (element.end !== value.length || element.tag !== 0x30) return 'an ECDSA signature is one SEQUENCE';
  const numbers = childrenOf(element);
  const positive = numbers.every(({ tag, bytes, content }) => tag === 0x02 && bytes[content]! < 0x80);
  return numbers.length === 2 && positive ? canonicalProblem(element) : 'an ECDSA signature has two positive numbers';
};

/** It verifies, by the algorithm that the object names; an ECDSA signature is DER too. */
export const wholeSignature: WholeRule = {
  id: 'whole.signature',
  section: 'RFC 5280, sections 4.1.1.3 and 5.1.1.3; RFC 5758, section 3.2',
  severity: 'error',
  check: ({ whole, toBeSigned, publicKey }) => {
    const [, algorithm, signature] = childrenOf(onlyElement(whole, 0x30));
    const value = signature && wholeOctets(signature);
    if (!algorithm || !value) return 'the signature is not of whole octets';
    const problem = publicKey.asymmetricKeyType === 'ec' ? ecdsaProblem(value) : undefined;
    if (problem !== undefined) return problem;
    const verified = verifySignature(readSignatureMethod(rawOf(algorithm)), publicKey, toBeSigned, value);
    return verified ? undefined : 'the signature does not verify';
  },
};
