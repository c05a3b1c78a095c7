import { connect } from 'node:tls';
import type { Outcome } from './verdict.js';

export interface Door {
  readonly host: string;
  readonly port: number;
  /** PEM of the anchors that its certificate is checked against. */
  readonly anchors: string;
  /** Who it has to be; undefined: anybody of the trust domain. */
  readonly identity?: string;
}

export interface Shown {
  /** PEM. */
  readonly chain: string;
  readonly privateKey: string;
}

export interface HandshakeEnd {
  readonly outcome: Outcome;
  /** For the log. */
  readonly detail: string;
}

const TIMEOUT_MS = 2_000;
/** In TLS 1.3 the client is ready before the server has looked at its certificate: an alert comes within this or not. */
const LINGER_MS = 25;

/** RFC 8446, section 6: certificate_revoked(44). OpenSSL names it by number, whatever its version calls it. */
const isRevokedAlert = (error: Error): boolean => /alert number 44\b/i.test(error.message);

/**
 * A TLS handshake as a client, and nothing behind it: no byte of an application is sent. Having finished its part, the
 * client closes its side; a server that answers with a close of its own, and no alert, has taken the certificate, as it
 * reads the client's certificate before the close. Never rejects.
 */
export const handshake = ({ host, port, anchors, identity }: Door, shown: Shown): Promise<HandshakeEnd> =>
  new Promise((resolve) => {
    let isReady = false;
    const socket = connect({
      ...{ host, port, ca: anchors, cert: shown.chain, key: shown.privateKey, minVersion: 'TLSv1.2' },
      checkServerIdentity: (_host, { subjectaltname }) =>
        identity === undefined || subjectaltname === `URI:${identity}`
          ? undefined
          : new Error(`it is not ${identity} but ${subjectaltname ?? 'nameless'}`),
    });
    const end = (outcome: Outcome, detail: string): void => {
      clearTimeout(timer);
      clearTimeout(linger);
      socket.destroy();
      resolve({ outcome, detail });
    };
    const timer = setTimeout(() => end('unclear', isReady ? 'it does not close' : 'it does not answer'), TIMEOUT_MS);
    let linger: NodeJS.Timeout | undefined;
    socket.on('secureConnect', () => {
      isReady = true;
      linger = setTimeout(() => socket.end(), LINGER_MS);
    });
    socket.on('error', (error) => end(isRevokedAlert(error) ? 'revoked' : 'unclear', error.message.trim()));
    // After an error this comes too late to say anything.
    socket.on('close', () => end(isReady ? 'accepted' : 'unclear', 'it closes'));
    socket.resume();
  });
