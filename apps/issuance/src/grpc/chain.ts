import type { AgentCertificate, FullCertificate } from '@cartulary/contracts';
import { parseIssuerId } from '@cartulary/domain';
import { type IssuerDirectory, protoTime } from '@cartulary/service';
import { derToPem } from '@cartulary/x509';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n?/g;

/** Leaf first, then its issuers below the root, one PEM each. */
export const chainOf = ({ certificate, chain }: FullCertificate): string[] => [
  certificate,
  ...(chain.match(CERTIFICATE) ?? []),
];

/** As Istio's agents expect it: with the root at the end. */
export const istioChainOf = (issued: FullCertificate, issuers: IssuerDirectory): string[] => {
  const root = issuers.path(parseIssuerId(issued.issuerId)).at(-1);
  return [...chainOf(issued), ...(root ? [derToPem(root, 'CERTIFICATE')] : [])];
};

export const agentCertificate = (issued: FullCertificate): AgentCertificate => ({
  chain: chainOf(issued),
  serial: issued.serial,
  issuerId: issued.issuerId,
  spiffeId: issued.identity ?? '',
  notBefore: protoTime(issued.notBefore),
  notAfter: protoTime(issued.notAfter),
  renewFrom: protoTime(issued.renewalWindow.start),
  renewUntil: protoTime(issued.renewalWindow.end),
  position: issued.position,
});
