import { issuerHashes, type CertId, type CertIdHash, type IssuerHashes } from './cert-id.js';

const keyOf = (hash: string, { name, key }: IssuerHashes): string =>
  `${hash}:${name.toString('latin1')}:${key.toString('latin1')}`;

const hashes: readonly CertIdHash[] = ['sha1', 'sha256'];

/** Which issuer a CertID means, by name and key, under SHA-1 and SHA-256 (RFC 5019bis clients use either). */
export class CertIdMatcher<IssuerId> {
  private readonly issuers = new Map<string, IssuerId>();

  add(issuerCertificate: Buffer, issuerId: IssuerId): void {
    for (const hash of hashes) this.issuers.set(keyOf(hash, issuerHashes(issuerCertificate, hash)), issuerId);
  }

  remove(issuerCertificate: Buffer): void {
    for (const hash of hashes) this.issuers.delete(keyOf(hash, issuerHashes(issuerCertificate, hash)));
  }

  match({ hashAlgorithm, issuerNameHash, issuerKeyHash }: CertId): IssuerId | undefined {
    return this.issuers.get(keyOf(hashAlgorithm, { name: issuerNameHash, key: issuerKeyHash }));
  }
}
