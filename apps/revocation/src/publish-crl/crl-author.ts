import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import {
  type Base64,
  type CrlPrepared,
  decidePublication,
  type IssuerId,
  type PublicationCommand,
  type PublicationState,
  publicationStream,
  type SignedDelta,
  timestamp,
} from '@cartulary/domain';
import { Ledger, LedgerConflictError } from '@cartulary/ledger';
import { Clock } from '@cartulary/runtime';
import {
  deltaCrlUrl,
  type Ending,
  IssuerDirectory,
  type PreparedCrl,
  type PublishedCrl,
  Settings,
} from '@cartulary/service';
import {
  type CertListOctets,
  crlOctets,
  inTurns,
  type PublicKeyAlgorithm,
  signatureAlgorithmFor,
  Signer,
} from '@cartulary/x509';
import type { Canary } from './canaries.js';

const actor = { id: 'system:revocation', credential: 'system' };

/** Where an issuer's publications stand, as far as the caller has folded them. */
export interface Publications {
  readonly issuerId: IssuerId;
  /** Of the publication's stream: the append names it, so that of several replicas one gets through. */
  readonly version: number;
  readonly prepared: PreparedCrl | undefined;
  readonly published: PublishedCrl | undefined;
  readonly ending: Ending;
  /** Number of the oldest CRL that somebody may still use. */
  readonly base?: number | undefined;
}

type Signed = Pick<SignedDelta, 'size' | 'sha256' | 'signature'>;

/** Writes the events of a CRL: that it was decided on, and that it was signed. */
@Injectable()
export class CrlAuthor {
  constructor(
    private readonly ledger: Ledger,
    private readonly signer: Signer,
    private readonly issuers: IssuerDirectory,
    private readonly settings: Settings,
    private readonly clock: Clock,
  ) {}

  /**
   * Resolves when it is in the ledger, or another replica was faster. A canary is issued and revoked by the same append:
   * either all of it is there or nothing.
   */
  async prepare(publications: Publications, canary?: Canary): Promise<void> {
    const { issuerId, prepared, ending } = publications;
    const now = this.clock.now();
    const { notBefore, notAfter } = this.issuers.facts(issuerId);
    // The final one is good as long as there is an issuer that it could be of.
    const final = ending.expiredAt > 0;
    const nextUpdate = final ? notAfter : wholeSeconds(now.getTime() + this.settings.crl.validity);
    // Whole seconds, as X.509 writes them: an entry is compared with the date that stands in the CRL.
    const thisUpdate = wholeSeconds(Math.max(now.getTime() - this.settings.clockSkew, notBefore.getTime()));
    const command: PublicationCommand = {
      type: 'PrepareCrl',
      issuerId,
      thisUpdate: timestamp(thisUpdate),
      nextUpdate: timestamp(nextUpdate),
      // RFC 5280, section 3.3: an entry leaves only after it stood in one CRL issued beyond the certificate's end.
      expiredBefore: timestamp(latest(prepared?.thisUpdate ?? notBefore, prepared?.expiredBefore)),
      preparedAt: timestamp(now),
      ...(final ? {} : this.#delta(publications, now, nextUpdate)),
      ...(canary ? { canary: canary.serial } : {}),
    };
    await this.#append(publications, command, canary);
  }

  #delta(
    { issuerId, base }: Publications,
    now: Date,
    latest: Date,
  ): Pick<CrlPrepared['data'], 'freshestCrl' | 'delta'> {
    const { deltas } = this.settings.crl;
    if (!deltas) return {};
    const end = Math.min(wholeSeconds(now.getTime() + deltas.validity).getTime(), latest.getTime());
    return {
      freshestCrl: deltaCrlUrl(this.settings.publicUrl, issuerId),
      ...(base === undefined ? {} : { delta: { base, nextUpdate: timestamp(new Date(end)) } }),
    };
  }

  /** Signs what was prepared; resolves as `prepare` does. */
  async sign(publications: Publications, crl: PreparedCrl): Promise<void> {
    const { issuerId } = publications;
    const { delta } = crl;
    const signed = await this.#sign(issuerId, crl.toBeSigned());
    if (!signed) return;
    const signedDelta = delta && (await this.#sign(issuerId, delta.toBeSigned()));
    await this.#append(publications, {
      type: 'PublishCrl',
      issuerId,
      number: crl.number,
      thisUpdate: timestamp(crl.thisUpdate),
      nextUpdate: timestamp(crl.nextUpdate),
      entries: crl.entries,
      ...signed,
      publishedAt: timestamp(this.clock.now()),
      ...(delta && signedDelta
        ? {
            delta: {
              ...{ base: delta.base, nextUpdate: timestamp(delta.nextUpdate), entries: delta.entries },
              ...signedDelta,
            },
          }
        : {}),
    });
  }

  async #sign(issuerId: IssuerId, toBeSigned: CertListOctets): Promise<Signed | undefined> {
    const { keyId, keyAlgorithm, certificate } = this.issuers.get(issuerId);
    if (!keyId) return undefined;
    const issuer = Buffer.from(certificate, 'base64');
    const signature = await this.signer.sign({ keyId, usage: 'crl', toBeSigned, certificate: issuer });
    const crl = crlOctets(toBeSigned, signatureAlgorithmFor(keyAlgorithm as PublicKeyAlgorithm), signature);
    const hash = createHash('sha256');
    await inTurns(crl, (piece) => void hash.update(piece));
    return { size: crl.length, sha256: hash.digest('hex'), signature: signature.toString('base64') as Base64 };
  }

  async #append(publications: Publications, command: PublicationCommand, canary?: Canary): Promise<void> {
    const { issuerId, version, prepared, published } = publications;
    const stream = publicationStream(issuerId);
    const state: PublicationState = { prepared: prepared?.number ?? 0, published: published?.number ?? 0 };
    // The canary first: a CRL lists what is revoked before its CrlPrepared.
    const decided = decidePublication(command, state).map((event) => ({ stream, ...event }));
    const events = [...(canary?.events ?? []), ...decided];
    const recordedAt = timestamp(this.clock.now());
    const correlationId = `crl-${issuerId}`;
    try {
      const expectations = [{ stream, version }, ...(canary?.expectations ?? [])];
      await this.ledger.append({ expectations, events, actor, correlationId, recordedAt });
    } catch (error) {
      if (!(error instanceof LedgerConflictError)) throw error;
    }
  }
}

const wholeSeconds = (ms: number): Date => new Date(Math.floor(ms / 1000) * 1000);

/** What has left a CRL doesn't come back, whoever's clock goes behind. */
const latest = (date: Date, other: Date | undefined): Date => (other && other > date ? other : date);
