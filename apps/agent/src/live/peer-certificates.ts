import { certificateFacts, pemToDer } from '@cartulary/x509';
import { certificateKey } from './revoked-certificates.js';

export interface PeerCertificate {
  /** By `certificateKey`. */
  readonly key: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const MOST = 10_000;
const LONGEST = 65_536;

/** What peers' certificates say, each read once. `encoded` is Envoy's: PEM, URL-encoded. */
export class PeerCertificates {
  readonly #known = new Map<string, PeerCertificate>();

  /** Undefined: it is none. */
  read(encoded: string): PeerCertificate | undefined {
    const known = this.#known.get(encoded);
    if (known) return known;
    if (encoded.length > LONGEST) return undefined;
    try {
      const { issuerName, serial, notBefore, notAfter } = certificateFacts(
        pemToDer(decodeURIComponent(encoded), 'CERTIFICATE'),
      );
      const read = { key: certificateKey(issuerName, serial), notBefore, notAfter };
      const [oldest] = this.#known.keys();
      if (this.#known.size >= MOST && oldest !== undefined) this.#known.delete(oldest);
      this.#known.set(encoded, read);
      return read;
    } catch {
      return undefined;
    }
  }
}
