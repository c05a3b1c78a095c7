import { type CertificateRequest, type RootRequest } from '../profile/profile.js';
import { type Signer } from '../signer/signer.js';

export interface IssuerReference {
  /** DER. */
  readonly certificate: Buffer;
  readonly keyId: string;
}

/** Signs what the profile makes of the request. Throws CERTIFICATE_TEMPLATE_INVALID. Resolves to DER. */
export const issueCertificate = async (
  _request: Exclude<CertificateRequest, RootRequest>,
  _issuer: IssuerReference,
  _signer: Signer,
): Promise<Buffer> => {
  throw new Error('not written');
};

/** A self-signed root for a key that the signer holds. Resolves to DER. */
export const issueRoot = async (
  _request: Omit<RootRequest, 'spki'>,
  _keyId: string,
  _signer: Signer,
): Promise<Buffer> => {
  throw new Error('not written');
};
