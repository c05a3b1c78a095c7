import type { Issuer } from '@cartulary/contracts';
import { type IssuerDirectory, type KnownIssuer, publicationsOf } from '@cartulary/service';
import { derChainToPem, derToPem } from '@cartulary/x509';

export interface IssuerContext {
  readonly issuers: Pick<IssuerDirectory, 'path'>;
  readonly publicUrl: string;
  /** Of the newest event behind the state. */
  readonly position: number;
  readonly crl: Issuer['crl'] | undefined;
}

export const issuerView = (state: KnownIssuer, { issuers, publicUrl, position, crl }: IssuerContext): Issuer => ({
  issuerId: state.issuerId,
  purpose: state.purpose,
  epoch: state.epoch,
  name: state.name,
  status: state.status,
  imported: state.imported,
  keyAlgorithm: state.keyAlgorithm,
  ...(state.parent ? { parent: state.parent } : {}),
  ...(state.activatedAt ? { activatedAt: state.activatedAt } : {}),
  ...(state.successor ? { successor: state.successor } : {}),
  ...(state.expiredAt ? { expiredAt: state.expiredAt } : {}),
  ...(state.revocation ? { revocation: { ...state.revocation } } : {}),
  notBefore: state.notBefore,
  notAfter: state.notAfter,
  certificate: derToPem(Buffer.from(state.certificate, 'base64'), 'CERTIFICATE'),
  chain: derChainToPem(issuers.path(state.issuerId).slice(1, -1)),
  // Whose key is elsewhere publishes elsewhere.
  ...(state.keyId ? { crlUrl: publicationsOf(publicUrl, state.issuerId).crlUrl } : {}),
  ...(crl ? { crl } : {}),
  position,
});
