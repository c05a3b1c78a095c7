import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { TrustBundle } from '@cartulary/contracts';
import { timestamp } from '@cartulary/domain';
import { IssuerDirectory, Settings } from '@cartulary/service';
import { certificateFacts, derChainToPem, derToPem } from '@cartulary/x509';
import { IssuerReader } from './issuer-reader.js';

export class ShowTrustBundleQuery extends Query<TrustBundle> {}

@QueryHandler(ShowTrustBundleQuery)
export class ShowTrustBundleHandler implements IQueryHandler<ShowTrustBundleQuery> {
  constructor(
    private readonly issuers: IssuerDirectory,
    private readonly reader: IssuerReader,
    private readonly settings: Settings,
  ) {}

  async execute(): Promise<TrustBundle> {
    const roots = this.issuers.meshAnchors();
    const states = await this.reader.states(this.issuers.all().map(({ issuerId }) => issuerId));
    return {
      trustDomain: this.settings.trustDomain,
      roots: roots.map(anchorView),
      systemRoots: this.issuers.systemAnchors().map(anchorView),
      pem: derChainToPem(roots),
      position: Math.max(0, ...states.map(({ position }) => position)),
    };
  }
}

/** From the certificate itself: the anchor of an imported issuer is no issuer of ours. */
const anchorView = (der: Buffer): TrustBundle['roots'][number] => {
  const { keyHash, notBefore, notAfter } = certificateFacts(der);
  return {
    issuerId: keyHash.slice(0, 16),
    notBefore: timestamp(notBefore),
    notAfter: timestamp(notAfter),
    certificate: derToPem(der, 'CERTIFICATE'),
  };
};
