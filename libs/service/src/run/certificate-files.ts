import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describeCertificate } from '@cartulary/x509';
import type { DataDirectory } from './data-directory.js';

export interface OwnCertificate {
  /** PEM. */
  readonly key: string;
  /** Leaf first, then its issuers below the root. PEM. */
  readonly cert: string;
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
}

/** Throws when they don't belong together or are none. */
export const ownCertificate = (key: string, cert: string): OwnCertificate => {
  const x509 = new X509Certificate(cert);
  if (!x509.checkPrivateKey(createPrivateKey(key))) throw new Error('the key is not the certificate’s');
  const { serial, notBefore, notAfter, dnsNames, ipAddresses } = describeCertificate(x509.raw);
  return { key, cert, serial, notBefore, notAfter, dnsNames, ipAddresses };
};

const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]+-----END [A-Z ]*PRIVATE KEY-----\n?/;

/**
 * A service's certificates in `services/`: `<name>.key` and `<name>.crt` as `cartulary init` made them, and `<name>.pem`
 * with both, as the service renewed them. One file, replaced in one step: replicas that share the directory never leave
 * one's key beside another's certificate.
 */
export class CertificateFiles {
  constructor(private readonly data: DataDirectory) {}

  /** The one issued last. */
  async read(name: string): Promise<OwnCertificate | undefined> {
    const [key, cert, both] = await Promise.all(
      ['key', 'crt', 'pem'].map((suffix) => this.data.read(`services/${name}.${suffix}`)),
    );
    const found = [whole(key, cert), whole(PRIVATE_KEY.exec(both ?? '')?.[0], both?.replace(PRIVATE_KEY, ''))];
    return found
      .filter((one) => one !== undefined)
      .sort((a, b) => b.notBefore.getTime() - a.notBefore.getTime() || b.notAfter.getTime() - a.notAfter.getTime())[0];
  }

  async write(name: string, { key, cert }: OwnCertificate): Promise<void> {
    await this.data.write(`services/${name}.pem`, `${key.trimEnd()}\n${cert}`, 0o600);
  }
}

/** What a crash or a hand left behind in pieces counts as missing. */
const whole = (key: string | undefined, cert: string | undefined): OwnCertificate | undefined => {
  if (!key || !cert) return undefined;
  try {
    return ownCertificate(key, cert);
  } catch {
    return undefined;
  }
};
