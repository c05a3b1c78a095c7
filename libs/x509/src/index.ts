// CSR, certificate, CRL, OCSP: encode, decode, sign, verify; key stores.
export {
  CertificateError,
  CrlError,
  CsrError,
  EncodingError,
  IssuerImportError,
  KeyStoreError,
  OcspError,
  SignerRefusedError,
  SpiffeIdError,
  X509Error,
  x509ErrorCodes,
} from './errors.js';
export type { X509ErrorCode } from './errors.js';

export type { DistinguishedName, NameAttribute } from './asn1/distinguished-name.js';
export { base64ToPem, derChainToPem, derToPem, pemChainToDer, pemToDer } from './asn1/pem.js';
export type { PemLabel } from './asn1/pem.js';
export { isCanarySerial, newCanarySerial, newSerial } from './asn1/serial.js';

export { keyAlgorithms, signatureAlgorithmFor } from './signer/key-algorithm.js';
export type { KeyAlgorithm, KeyKind, PublicKeyAlgorithm, SignatureAlgorithm } from './signer/key-algorithm.js';
export { Signer } from './signer/signer.js';
export type { SignRequest, SignerKey } from './signer/signer.js';
export type { SigningUsage } from './signer/signing-usage.js';
export { LintError } from './lint/lint-error.js';
export type { LintListener } from './lint/linter.js';
export type { Finding, Severity } from './lint/finding.js';
export { lintRules } from './lint/rule-catalogue.js';
export type { RuleDescription } from './lint/rule-catalogue.js';
export { FileSigner } from './signer/file-signer.js';
export type { FileSignerOptions } from './signer/file-signer.js';
export { InMemorySigner } from './signer/in-memory-signer.js';
export { canaryName, isCanary } from './signer/canary.js';
export { generatePrivateKey, privateKeyToPem } from './signer/private-key.js';

export { verifyCsr } from './csr/verify-csr.js';
export type { CsrPolicy, VerifiedCsr } from './csr/verified-csr.js';
export { ProofPool } from './csr/proof-pool.js';
export type { Proof, ProofCheck, ProofOutcome } from './csr/proof.js';
export { buildTbsCsr, createCsr } from './csr/create-csr.js';
export type { CsrContents } from './csr/create-csr.js';

export { profiles } from './profile/profile.js';
export type { Profile } from './profile/profile.js';
export type {
  CertificateRequest,
  IntermediateRequest,
  IssuerKind,
  IssuerRequest,
  OcspSigningRequest,
  ProfileName,
  Publications,
  RootRequest,
  ServerRequest,
  SystemRequest,
  WorkloadRequest,
} from './profile/request.js';

export { assembleCertificate, buildTbsCertificate } from './certificate/tbs-certificate.js';
export type { CertificateTemplate } from './certificate/tbs-certificate.js';
export type { Extension } from './certificate/extension.js';
export { issueCertificate, issueRoot } from './certificate/issue-certificate.js';
export type { IssuerReference } from './certificate/issue-certificate.js';
export type { KeyUsageName } from './certificate/key-usage.js';
export { describeCertificate } from './certificate/describe-certificate.js';
export type { CertificateDescription } from './certificate/describe-certificate.js';
export { certificateFacts } from './certificate/facts.js';
export type { CertificateFacts } from './certificate/facts.js';
export { certificateJwk } from './certificate/certificate-jwk.js';
export { checkX509Svid, verifyX509Svid } from './certificate/check-x509-svid.js';
export { parseSpiffeId } from './certificate/spiffe-id.js';
export type { SpiffeId } from './certificate/spiffe-id.js';
export { validateIssuerImport } from './certificate/validate-issuer-import.js';
export type { ImportedIssuer, IssuerImport } from './certificate/validate-issuer-import.js';
export { verifyChain } from './certificate/verify-chain.js';
export type { ChainInput } from './certificate/verify-chain.js';

export { crlReasonCodes, crlReasonOf, encodeRemovedEntry, encodeRevokedEntry } from './crl/revoked-entry.js';
export type { CrlReason, RevokedEntry } from './crl/revoked-entry.js';
export { RevokedEntries } from './crl/revoked-entries.js';
export type { RemovedEntry, RevokedPiece } from './crl/revoked-entries.js';
export { assembleCrl, buildTbsCertList, crlOctets, tbsCertList } from './crl/tbs-cert-list.js';
export { CertListOctets } from './crl/cert-list-octets.js';
export { inTurns } from './asn1/in-turns.js';
export { Octets } from './asn1/octets.js';
export type { CertListTemplate } from './crl/tbs-cert-list.js';
export { parseCrl, verifyCrl } from './crl/parse-crl.js';
export type { ParsedCrl, ParsedCrlEntry } from './crl/parse-crl.js';

export { buildOcspRequest, decodeOcspGetPath, maxOcspRequestBytes, parseOcspRequest } from './ocsp/ocsp-request.js';
export type { CertId } from './ocsp/cert-id.js';
export type { OcspRequest, OcspRequestOptions } from './ocsp/ocsp-request.js';
export { CertIdMatcher } from './ocsp/cert-id-matcher.js';
export {
  assembleOcspResponse,
  buildTbsResponseData,
  ocspErrorResponse,
  signOcspResponse,
} from './ocsp/ocsp-response.js';
export type {
  OcspErrorStatus,
  OcspResponder,
  OcspResponseTemplate,
  OcspStatus,
  SingleResponse,
} from './ocsp/ocsp-response.js';
export { parseOcspResponse } from './ocsp/parse-ocsp-response.js';
export type { ParsedOcspResponse, ParsedSingleResponse, SuccessfulOcspResponse } from './ocsp/parse-ocsp-response.js';
export { verifyOcspResponse } from './ocsp/verify-ocsp-response.js';
export type { OcspVerification } from './ocsp/verify-ocsp-response.js';

export { CeremonyCrls } from './ceremony/ceremony-crls.js';
export type { DueCrl } from './ceremony/ceremony-crls.js';
export { holdCeremony } from './ceremony/hold-ceremony.js';
export type { CeremonyOptions } from './ceremony/hold-ceremony.js';
export { makePlan } from './ceremony/make-plan.js';
export type { PlanOptions } from './ceremony/make-plan.js';
export { ceremonyFiles } from './ceremony/manifest.js';
export type { CeremonyCrl, CeremonyIssuer, CeremonyManifest, SealedSeries } from './ceremony/manifest.js';
export { planProblems, readPlan } from './ceremony/plan.js';
export type { CeremonyIssuerKind, CeremonyPlan, PlannedCrl, PlannedIssuer } from './ceremony/plan.js';
export { readCeremony } from './ceremony/read-ceremony.js';
export type { ReadCeremony, ReadIssuer } from './ceremony/read-ceremony.js';
export { makeCeremonyRoot, requestIssuer } from './ceremony/sign.js';
export { takeCeremonyKeys } from './ceremony/take-keys.js';
export { verifyCeremony } from './ceremony/verify-ceremony.js';
export type { CeremonyVerification, VerifiedCeremony } from './ceremony/verify-ceremony.js';
