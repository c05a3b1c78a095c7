import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { certificateFacts, isCanarySerial, parseCrl } from '@cartulary/x509';
import type { Revocation } from '../authority/authority.js';
import type { CheckedCrl } from '../trust/check-crl.js';
import { TrustStore } from '../trust/trust-store.js';

/** A certificate that was good a moment ago. */
export interface NewlyRevoked {
  /** By `certificateKey`. */
  readonly certificate: string;
  /** Undefined: a CRL says no more than the serial. */
  readonly spiffeId?: string;
}

interface Listed {
  readonly der: Buffer;
  readonly certificates: ReadonlySet<string>;
}

/** What a certificate is known by: issuer's Name (DER) and serial (lower-case hex), as in a CRL. */
export const certificateKey = (issuerName: Buffer, serial: string): string => `${issuerName.toString('hex')}:${serial}`;
const serialOf = (key: string): string => key.slice(key.indexOf(':') + 1);

/** Every certificate that a CRL in use lists, and those that the CA has told of before its CRL came. */
@Injectable()
export class RevokedCertificates implements OnApplicationShutdown {
  readonly #listed = new Map<string, Listed>();
  readonly #told = new Set<string>();
  readonly #listeners = new Set<(revoked: readonly NewlyRevoked[]) => void>();
  readonly #unsubscribe;
  #quiet = false;

  constructor(private readonly trust: TrustStore) {
    this.#unsubscribe = trust.onChange(() => this.#read());
    this.#read();
  }

  onApplicationShutdown(): void {
    this.#unsubscribe();
  }

  onRevoked(listener: (revoked: readonly NewlyRevoked[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** What becomes known by the task is no news: an agent before this one has acted on it. */
  quietly(task: () => void): void {
    this.#quiet = true;
    try {
      task();
    } finally {
      this.#quiet = false;
    }
  }

  has(certificate: string): boolean {
    if (this.#told.has(certificate)) return true;
    for (const { certificates } of this.#listed.values()) if (certificates.has(certificate)) return true;
    return false;
  }

  /** Ahead of the CRL; of an issuer that is not known yet, the CRL will say it. */
  told({ issuerId, serial, status, spiffeId }: Revocation): void {
    const issuer = this.trust.state?.crls.find((crl) => crl.issuerId === issuerId)?.issuer;
    if (!issuer) return;
    const certificate = certificateKey(certificateFacts(issuer).subjectName, serial);
    if (status === 'released') return void this.#told.delete(certificate);
    if (this.has(certificate)) return;
    if (isCanarySerial(serial)) return;
    this.#told.add(certificate);
    this.#announce([{ certificate, ...(spiffeId !== undefined && { spiffeId }) }]);
  }

  #read(): void {
    const crls = this.trust.state?.crls ?? [];
    const fresh: NewlyRevoked[] = [];
    for (const crl of crls) {
      const before = this.#listed.get(crl.issuerId);
      if (before?.der === crl.der) continue;
      const certificates = listedIn(crl);
      // Nothing was ever opened with a canary.
      for (const certificate of certificates) {
        if (!this.has(certificate) && !isCanarySerial(serialOf(certificate))) fresh.push({ certificate });
      }
      this.#listed.set(crl.issuerId, { der: crl.der, certificates });
      for (const certificate of certificates) this.#told.delete(certificate);
    }
    for (const issuerId of this.#listed.keys()) {
      if (!crls.some((crl) => crl.issuerId === issuerId)) this.#listed.delete(issuerId);
    }
    this.#announce(fresh);
  }

  #announce(revoked: readonly NewlyRevoked[]): void {
    if (revoked.length === 0 || this.#quiet) return;
    for (const listener of [...this.#listeners]) listener(revoked);
  }
}

const listedIn = ({ der, issuer }: CheckedCrl): ReadonlySet<string> => {
  const { subjectName } = certificateFacts(issuer);
  return new Set(parseCrl(der).entries.map(({ serial }) => certificateKey(subjectName, serial)));
};
