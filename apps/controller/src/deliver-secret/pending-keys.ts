import { createHash, createPublicKey } from 'node:crypto';
import type { FullCertificate } from '@cartulary/contracts';
import { createCsr, derToPem, generatePrivateKey, privateKeyToPem } from '@cartulary/x509';
import { type Asked, FOR_SECRET } from '../certificates/certificates.js';

/** A key that no Secret holds yet. */
export interface PendingKey extends Asked {
  /** PEM, PKCS #8. */
  readonly key: string;
  /** Serial that the new certificate follows, or why there is a first one. */
  readonly cause: string;
  /** Once it has been issued. */
  certificate?: FullCertificate;
}

/**
 * Keys between their making and the write of their Secret. They lie in memory alone: what fails in between goes on with
 * the same key and the same idempotency key, so that it ends with one certificate; a crash loses them.
 */
export class PendingKeys {
  readonly #pending = new Map<string, PendingKey>();

  /** The one under way for the same cause, or a new one: EC P-256, made here. */
  async get(account: string, uid: string, identity: string, cause: string): Promise<PendingKey> {
    const known = this.#pending.get(account);
    if (known?.cause === cause) return known;
    const key = await generatePrivateKey('ecdsa-p256');
    const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
    const pending = {
      key: privateKeyToPem(key),
      csr: derToPem(await createCsr(key, { uris: [identity] }), 'CERTIFICATE REQUEST'),
      idempotencyKey: `controller-${createHash('sha256').update(cause).update(spki).digest('hex')}`,
      correlationId: FOR_SECRET + uid,
      cause,
    };
    this.#pending.set(account, pending);
    return pending;
  }

  drop(account: string): PendingKey | undefined {
    const known = this.#pending.get(account);
    this.#pending.delete(account);
    return known;
  }
}
