import { createHash, type KeyObject } from 'node:crypto';
import {
  certificateStream,
  type Grant,
  identityStream,
  type LeafProfile,
  type Serial,
  type SpiffeId,
  timestamp,
  tokenStream,
} from '@cartulary/domain';
import { type TestDomain, testCsr } from '@cartulary/service/testing';
import { derChainToPem, issueCertificate, newSerial } from '@cartulary/x509';
import { mintToken } from '../tokens.js';

export const ada = 'spiffe://cluster.local/cartulary/operator/ada' as SpiffeId;

export interface Holder {
  readonly serial: Serial;
  readonly identity: SpiffeId;
  readonly key: KeyObject;
  /** PEM: leaf and its issuer. */
  readonly cert: string;
  readonly notAfter: Date;
}

interface HolderOptions {
  readonly identity?: SpiffeId;
  readonly grant?: Grant | undefined;
  readonly profile?: LeafProfile;
  /** Whether the ledger hears of it. */
  readonly recorded?: boolean;
}

/** Credentials of a trust domain, real certificates among them. */
export class Credentials {
  constructor(readonly domain: TestDomain) {}

  /** A client certificate of the system issuer; its identity is registered with the grant. */
  async holder(options: HolderOptions = {}): Promise<Holder> {
    const { identity = ada, profile = 'operator', recorded = true } = options;
    const grant = 'grant' in options ? options.grant : { role: 'admin' as const };
    const { issuers, settings, signer, clock } = this.domain;
    const issuer = this.domain.issuer('system');
    const { key, spki } = await testCsr();
    const serial = newSerial() as Serial;
    const whole = Math.floor(clock.now().getTime() / 1000) * 1000;
    const dates = { notBefore: new Date(whole - 60_000), notAfter: new Date(whole + 3_600_000) };
    const common = { publications: {}, trustDomain: settings.trustDomain, serial, spki, ...dates };
    const reference = { certificate: Buffer.from(issuer.certificate, 'base64'), keyId: issuer.keyId };
    const der = await issueCertificate({ profile: 'operator', spiffeId: identity, ...common }, reference, signer);
    if (recorded) {
      const registeredAt = timestamp(clock.now());
      const data = { identity, registeredAt, ...(grant ? { grant } : {}) };
      await this.domain.append(identityStream(identity), { type: 'IdentityRegistered', data });
      const keyHash = createHash('sha256').update(spki).digest('hex');
      const issued = {
        serial,
        issuerId: issuer.issuerId,
        profile,
        identity,
        keyHash,
        notAfter: timestamp(dates.notAfter),
      };
      await this.domain.append(certificateStream(serial), { type: 'CertificateIssued', data: issued });
    }
    const cert = derChainToPem([der, ...issuers.chain(issuer.issuerId)]);
    return { serial, identity, key, cert, notAfter: dates.notAfter };
  }

  change(serial: Serial, type: 'CertificateHeld' | 'CertificateReleased' | 'CertificateRevoked') {
    const at = timestamp(this.domain.clock.now());
    const data = { serial, reason: 'unspecified', heldAt: at, releasedAt: at, revokedAt: at };
    return this.domain.append(certificateStream(serial), { type, data });
  }

  suspend(identity: SpiffeId) {
    const data = { identity, suspendedAt: timestamp(this.domain.clock.now()) };
    return this.domain.append(identityStream(identity), { type: 'IdentitySuspended', data });
  }

  /** `Bearer ctl_…`, and the token's id. */
  async token(grant: Grant = { role: 'admin' }, name = 'ci') {
    const { token, tokenId, secretHash } = mintToken();
    const now = this.domain.clock.now();
    const dates = { createdAt: timestamp(now), expiresAt: timestamp(new Date(now.getTime() + 3_600_000)) };
    const data = { tokenId, name, grant, secretHash, ...dates };
    await this.domain.append(tokenStream(tokenId), { type: 'TokenCreated', data });
    return { tokenId, authorization: `Bearer ${token}` };
  }

  revokeToken(tokenId: Awaited<ReturnType<Credentials['token']>>['tokenId']) {
    const data = { tokenId, revokedAt: timestamp(this.domain.clock.now()) };
    return this.domain.append(tokenStream(tokenId), { type: 'TokenRevoked', data });
  }
}
