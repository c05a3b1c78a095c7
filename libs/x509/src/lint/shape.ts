import { type CertificateView } from './view/certificate-view.js';
import { type CrlView } from './view/crl-view.js';
import { type ExtensionView } from './view/extension-view.js';
import { type NameView } from './view/name-view.js';
import { type ResponseView } from './view/response-view.js';

// What a profile decides, without what differs from one object to the next: the template, read from the bytes.

const extensionsShape = (extensions: readonly ExtensionView[]): string =>
  extensions.map(({ oid, critical }) => (critical ? `${oid}!` : oid)).join(',');

const nameShape = ({ attributes }: NameView): string => attributes.map(({ oid, tag }) => `${oid}:${tag}`).join(',');

export const certificateShape = (certificate: CertificateView): string => {
  const { key, subject, extensions, notBefore, notAfter } = certificate;
  return `${key.kind} ${nameShape(subject)} ${notBefore.tag},${notAfter.tag} ${extensionsShape(extensions)}`;
};

export const crlShape = ({ extensions, hasEntries, thisUpdate, nextUpdate }: CrlView): string =>
  `${hasEntries} ${thisUpdate.tag},${nextUpdate?.tag} ${extensionsShape(extensions)}`;

export const responseShape = ({ responderId, responses, extensions }: ResponseView): string => {
  const statuses = new Set(responses.map(({ statusTag, reason }) => (reason === undefined ? statusTag : 0xff)));
  return `${responderId.tag} ${[...statuses].sort().join(',')} ${extensionsShape(extensions)}`;
};
