import { encodeName } from '../asn1/distinguished-name.js';
import { oid } from '../asn1/oid.js';
import { basicConstraints, extendedKeyUsage, keyUsage, ocspNoCheck } from '../certificate/encode-extension.js';
import { keyHashOf } from '../signer/public-key.js';
import { type ProfileContents } from './contents.js';
import { type OcspSigningRequest } from './request.js';

/**
 * RFC 6960, section 4.2.2.2. The subject names the responder's key: nginx and curl picked the wrong certificate where
 * it was a leaf's too. The spaces keep OpenSSL from holding it against DNS name constraints.
 */
export const ocspSigningContents = ({ spki }: OcspSigningRequest): ProfileContents => ({
  subjectName: encodeName([{ type: 'CN', value: `OCSP responder ${keyHashOf(spki).slice(0, 16)}` }]),
  extensions: [basicConstraints(false), keyUsage('digitalSignature'), extendedKeyUsage(oid.ocspSigning), ocspNoCheck()],
});
