import { createHash, createPublicKey } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import {
  type Base64,
  type CertificateEvent,
  certificateDecider,
  certificateStream,
  fold,
  type IssuedCertificate,
  issuerDecider,
  type IssuerId,
  issuerStream,
  type KeyHash,
  type Serial,
  timestamp,
} from '@cartulary/domain';
import { type Expectation, Ledger, type NewEvent } from '@cartulary/ledger';
import { Clock } from '@cartulary/runtime';
import { Database, IssuerDirectory, type KnownIssuer, publicationsOf, Settings, validity } from '@cartulary/service';
import { canaryName, generatePrivateKey, issueCertificate, newCanarySerial, Signer } from '@cartulary/x509';

/** Seconds. Its entry leaves the CRL with it; until then, each is one of at most this many. */
const LIFE = 300;
const PRUNE_EVERY_MS = 60_000;

const KEEP = 'INSERT INTO projections.revocation_canaries (serial, issuer_id, private_key) VALUES ($1, $2, $3)';
// The newest ones stay: agents that come later try those. Of a few, some never came into a CRL.
const PRUNE = `
  DELETE FROM projections.revocation_canaries AS old
  WHERE made_at < clock_timestamp() - interval '7 days' OR (made_at < clock_timestamp() - interval '1 hour' AND 8 <= (
    SELECT count(*) FROM projections.revocation_canaries AS newer
    WHERE newer.issuer_id = old.issuer_id AND newer.made_at > old.made_at))`;

/** What goes into the append of a CrlPrepared. */
export interface Canary {
  readonly serial: Serial;
  readonly expectations: readonly Expectation[];
  readonly events: readonly NewEvent[];
}

/** Whether an issuer's CRLs can have canaries: proxies know it as an issuer of clients, and it is not over. */
export const canHaveCanaries = ({ purpose, status, keyId }: KnownIssuer): boolean =>
  purpose === 'workload' && keyId !== undefined && (status === 'active' || status === 'retiring');

/**
 * Makes canaries (DESIGN §6.5). One is issued and revoked in the append that prepares the CRL which lists it, so that
 * there is no moment in which it is good. Only its key is anywhere before that, and its certificate only in the ledger.
 */
@Injectable()
export class Canaries {
  readonly #logger = new Logger(Canaries.name);
  #pruned = 0;

  constructor(
    private readonly ledger: Ledger,
    private readonly database: Database,
    private readonly signer: Signer,
    private readonly issuers: IssuerDirectory,
    private readonly settings: Settings,
    private readonly clock: Clock,
  ) {}

  /** Undefined where there can be none now; why, is logged. A CRL does not wait for that. */
  async make(issuerId: IssuerId): Promise<Canary | undefined> {
    try {
      return await this.#make(issuerId);
    } catch (error) {
      this.#logger.warn(`the CRL of issuer ${issuerId} gets no canary: ${String(error)}`);
      return undefined;
    }
  }

  async #make(issuerId: IssuerId): Promise<Canary | undefined> {
    const stream = issuerStream(issuerId);
    const { events } = await this.ledger.readStream(stream);
    const issuer = fold(issuerDecider, events);
    if (issuer.status === 'unknown' || !canHaveCanaries(issuer) || issuer.expiredAt) return undefined;
    const now = this.clock.now();
    const dates = validity(now, LIFE, this.settings.clockSkew, this.issuers.facts(issuerId));
    if (dates.notAfter <= now) return undefined;
    const serial = newCanarySerial() as Serial;
    const key = await generatePrivateKey('ecdsa-p256');
    await this.database.query(KEEP, [serial, issuerId, key.export({ type: 'pkcs8', format: 'der' })]);
    this.#prune(now.getTime());
    const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
    const certificate = await this.#sign(issuer, { serial, spki, ...dates });
    const issued = issuedOf({ issuerId, serial, spki, certificate, ...dates });
    const own = certificateStream(serial);
    return {
      serial,
      // As any issuance, it rests on what has become of its issuer.
      expectations: [
        { stream, version: events.at(-1)?.version ?? 0 },
        { stream: own, version: 0 },
      ],
      events: bornDead(issued, now).map((event) => ({ stream: own, ...event })),
    };
  }

  async #sign(
    { issuerId, keyId }: KnownIssuer,
    common: { serial: Serial; spki: Buffer; notBefore: Date; notAfter: Date },
  ): Promise<Buffer> {
    if (!keyId) throw new Error(`issuer ${issuerId} has no key here`);
    const { trustDomain, publicUrl, crl } = this.settings;
    const publications = publicationsOf(publicUrl, issuerId, crl.deltas);
    const spiffeId = canaryName(trustDomain, issuerId);
    const request = { profile: 'workload', ...common, publications, trustDomain, spiffeId } as const;
    return issueCertificate(request, { certificate: this.issuers.certificate(issuerId), keyId }, this.signer);
  }

  #prune(now: number): void {
    if (now - this.#pruned < PRUNE_EVERY_MS) return;
    this.#pruned = now;
    this.database
      .query(PRUNE)
      .catch((error: unknown) => this.#logger.warn(`old keys of canaries are not deleted: ${String(error)}`));
  }
}

/** Without an identity: what a registration or a rule could name is in `identity`, and a canary is nobody's. */
const issuedOf = ({
  issuerId,
  serial,
  spki,
  certificate,
  notBefore,
  notAfter,
}: {
  issuerId: IssuerId;
  serial: Serial;
  spki: Buffer;
  certificate: Buffer;
  notBefore: Date;
  notAfter: Date;
}): IssuedCertificate => {
  const keyHash = createHash('sha256').update(spki).digest('hex') as KeyHash;
  return {
    ...{ serial, issuerId, profile: 'canary', keyHash, keyAlgorithm: 'ecdsa-p256' },
    ...{ notBefore: timestamp(notBefore), notAfter: timestamp(notAfter) },
    certificate: certificate.toString('base64') as Base64,
    // There was no request; what stands for it is the key.
    evidence: { csrHash: keyHash, policyVersion: '1', requester: 'system:revocation', credential: 'system' },
  };
};

/** CertificateIssued and CertificateRevoked. */
const bornDead = (issued: IssuedCertificate, now: Date): CertificateEvent[] => {
  const { decide, initial } = certificateDecider;
  const birth = decide({ type: 'IssueCertificate', issued }, initial);
  const state = fold(certificateDecider, birth);
  const reason = 'unspecified' as const;
  return [
    ...birth,
    ...decide({ type: 'RevokeCertificate', serial: issued.serial, reason, now: timestamp(now) }, state),
  ];
};
