import { createHash, type X509Certificate } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import { type KeyHash, parseSerial, type Serial, timestamp, type Timestamp } from '@cartulary/domain';
import { UnauthenticatedError } from './errors.js';

export interface PeerCertificate {
  readonly serial: Serial;
  /** The URI of its subjectAltName. */
  readonly uri: string;
  readonly notAfter: Timestamp;
  readonly keyHash: KeyHash;
}

const seen = new WeakMap<TLSSocket, PeerCertificate>();

/** The client's certificate, if it showed one; TLS has checked its chain against the system's anchors. */
export const peerCertificate = (socket: unknown): PeerCertificate | undefined => {
  if (!(socket instanceof TLSSocket)) return undefined;
  const known = seen.get(socket);
  if (known) return known;
  const certificate = socket.getPeerX509Certificate();
  if (!certificate) return undefined;
  if (!socket.authorized) {
    throw new UnauthenticatedError(`the client certificate is not accepted: ${String(socket.authorizationError)}`);
  }
  const peer = read(certificate);
  seen.set(socket, peer);
  return peer;
};

const read = (certificate: X509Certificate): PeerCertificate => {
  const uris = (certificate.subjectAltName ?? '').split(', ').filter((name) => name.startsWith('URI:'));
  const [uri] = uris;
  if (!uri || uris.length !== 1) throw new UnauthenticatedError('the client certificate carries no identity');
  return {
    serial: parseSerial(certificate.serialNumber),
    uri: uri.slice('URI:'.length),
    notAfter: timestamp(certificate.validToDate),
    keyHash: createHash('sha256')
      .update(certificate.publicKey.export({ type: 'spki', format: 'der' }))
      .digest('hex') as KeyHash,
  };
};
