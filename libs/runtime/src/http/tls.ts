import { constants } from 'node:crypto';
import { type SecureContextOptions } from 'node:tls';

/** PEM or key objects of a TLS server; `ca` is what clients' certificates are checked against. */
export interface ServerCredentials {
  readonly key: string | Buffer;
  /** Leaf first, then its issuers up to, not including, the root. */
  readonly cert: string | Buffer;
  readonly ca?: readonly (string | Buffer)[];
}

// No session resumption: a resumed session never shows its certificate again, so it would outlive revocation and expiry
// (DESIGN §6, item 4). Without tickets OpenSSL keeps sessions in a cache, which Node leaves empty unless asked.
export const secureContextOptions = ({ key, cert, ca }: ServerCredentials): SecureContextOptions => ({
  key,
  cert,
  ...(ca === undefined ? {} : { ca: [...ca] }),
  minVersion: 'TLSv1.3',
  maxVersion: 'TLSv1.3',
  secureOptions: constants.SSL_OP_NO_TICKET,
});
