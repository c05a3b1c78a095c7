import type { X509ErrorCode } from '@cartulary/x509';
import { internal, malformed, type ProblemRow, unacceptable, unavailable } from './problem-row.js';

export const x509Problems = {
  PEM_MALFORMED: malformed('Not well-formed PEM', 'Send one block as in RFC 7468, with its BEGIN and END lines.'),
  DER_MALFORMED: malformed('Not well-formed DER', 'Send the bytes as your tool wrote them.'),
  SPIFFE_ID_INVALID: unacceptable(
    'Not a SPIFFE ID',
    'Write it as `spiffe://<trust domain>/ns/<namespace>/sa/<service account>`.',
  ),

  CSR_TOO_LARGE: { ...malformed('The CSR is too large', 'Send at most 16 KiB.'), status: 413 },
  CSR_MALFORMED: malformed('Not a well-formed CSR', 'Send a PKCS #10 request (RFC 2986) as PEM.'),
  CSR_BAD_SIGNATURE: unacceptable('The CSR’s signature does not verify', 'Sign the CSR with the key that it holds.'),
  CSR_WEAK_SIGNATURE: unacceptable('The CSR is signed with a weak algorithm', 'Sign it with SHA-256 or better.'),
  CSR_UNSUPPORTED_SIGNATURE: unacceptable(
    'The CSR’s signature algorithm is not supported',
    'Sign it with ECDSA, Ed25519 or RSA (PKCS #1 v1.5), and SHA-256 or better.',
  ),
  CSR_WEAK_KEY: unacceptable('The key is too weak', 'Use P-256, P-384, Ed25519 or RSA with at least 2048 bits.'),
  CSR_UNSUPPORTED_KEY: unacceptable('The kind of key is not supported', 'Use P-256, P-384, Ed25519 or RSA.'),
  CSR_DUPLICATE_EXTENSION: unacceptable('An extension is requested twice', 'Request each extension once.'),
  CSR_UNKNOWN_EXTENSION: unacceptable(
    'An unknown extension is requested',
    'Request subjectAltName, keyUsage and extendedKeyUsage only.',
  ),
  CSR_FORBIDDEN_EXTENSION: unacceptable('A forbidden extension is requested', 'Leave it out: the profile decides.'),
  CSR_INVALID_NAME: unacceptable(
    'A name in the CSR is not acceptable',
    'Correct the subject or the SAN that `detail` names.',
  ),

  CERTIFICATE_MALFORMED: malformed('Not a well-formed certificate', 'Send one certificate as PEM.'),
  CERTIFICATE_TEMPLATE_INVALID: internal(
    'The certificate’s template breaks a rule',
    'Report it with the correlation id: this is a defect.',
  ),
  CERTIFICATE_CHAIN_INVALID: unacceptable('The chain does not verify', 'Check the order of the chain and its anchor.'),
  CERTIFICATE_SVID_INVALID: unacceptable('Not a valid X.509-SVID', 'A leaf has exactly one SPIFFE ID as URI SAN.'),

  ISSUER_IMPORT_MALFORMED: malformed(
    'The issuer to import is not well formed',
    'Give certificate, key and chain as PEM.',
  ),
  ISSUER_IMPORT_KEY_MISMATCH: unacceptable(
    'The key is not the issuer’s',
    'Give the private key of the issuer’s certificate.',
  ),
  ISSUER_IMPORT_NOT_A_CA: unacceptable(
    'The certificate is no CA',
    'It needs basicConstraints CA and keyUsage keyCertSign and cRLSign.',
  ),
  ISSUER_IMPORT_CHAIN_INVALID: unacceptable(
    'The issuer’s chain does not verify',
    'Give the chain lowest first, root last.',
  ),
  ISSUER_IMPORT_EXPIRED: unacceptable('A certificate of the issuer’s chain is not valid now', 'Renew it at its CA.'),
  ISSUER_IMPORT_WEAK_KEY: unacceptable(
    'The issuer’s key is too weak',
    'Use P-256, P-384, Ed25519 or RSA with at least 2048 bits.',
  ),

  CRL_MALFORMED: malformed('Not a well-formed CRL', 'Fetch it again.'),
  CRL_BAD_SIGNATURE: unacceptable('The CRL’s signature does not verify', 'Check which issuer the CRL is from.'),
  OCSP_MALFORMED_REQUEST: malformed('Not a well-formed OCSP request', 'Send DER as in RFC 6960.'),
  OCSP_MALFORMED_RESPONSE: malformed('Not a well-formed OCSP response', 'Ask again.'),
  OCSP_UNTRUSTED_RESPONSE: unacceptable('The OCSP response is not trusted', 'Check which issuer signed its responder.'),

  LINT_REFUSED: internal('A rule forbids to sign this', 'Report it with the correlation id: this is a defect.'),
  SIGNER_REFUSED: internal('The signer refused', 'Report it with the correlation id: this is a defect.'),
  KEYSTORE_WRONG_PASSPHRASE: unavailable('The key store does not open', 'Give the service the right passphrase.'),
  KEYSTORE_INSECURE_PERMISSIONS: unavailable(
    'The key store can be read by others',
    'Take the permissions of others away (0600, 0700).',
  ),
  KEYSTORE_CORRUPT: unavailable('The key store is damaged', 'Restore it from a backup.'),
  KEYSTORE_KEY_NOT_FOUND: unavailable('A key is missing from the key store', 'Restore it from a backup.'),
  KEYSTORE_UNSUPPORTED_KEY: internal('The key store cannot hold this kind of key', 'Use P-256, P-384, Ed25519 or RSA.'),
} as const satisfies Record<X509ErrorCode, ProblemRow>;
