import { randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import {
  fold,
  isAnchorPurpose,
  type Issuer,
  type IssuerId,
  issuerDecider,
  type IssuerPurpose,
  type IssuerRecord,
  issuerStream,
  timestamp,
} from '@cartulary/domain';
import { type Actor, Ledger, LedgerConflictError } from '@cartulary/ledger';
import { Clock } from '@cartulary/runtime';
import { IssuerDirectory, Settings } from '@cartulary/service';
import { KeyStoreError, Signer } from '@cartulary/x509';
import { Hierarchy, type KeepKey, type SigningIssuer } from '../create-trust-domain/hierarchy.js';
import { EpochBook } from '../keep-epochs/epoch-book.js';

const HOUR_MS = 3_600_000;
const actor = { id: 'system:rotation', credential: 'system' };

/** Makes the issuer of an epoch to come: its key, its certificate, and the event that lets its first CRL be published. */
@Injectable()
export class IssuerPreparer {
  readonly #logger = new Logger(IssuerPreparer.name);
  readonly #away = new Set<string>();

  constructor(
    private readonly ledger: Ledger,
    private readonly signer: Signer,
    private readonly issuers: IssuerDirectory,
    private readonly book: EpochBook,
    private readonly settings: Settings,
    private readonly clock: Clock,
  ) {}

  /** Undefined where its CA is not ours: the next issuer has to be given to us, as this one was. */
  async prepare(current: Issuer, by: Actor = actor): Promise<IssuerRecord | undefined> {
    const above = isAnchorPurpose(current.purpose) ? keyed(current) : this.#parentOf(current);
    if (!above || !(await this.#hasKey(above))) return undefined;
    const now = this.clock.now();
    const same = this.issuers.all().filter(({ purpose }) => purpose === current.purpose);
    const epoch = Math.max(...same.map((issuer) => issuer.epoch)) + 1;
    const issuer = await this.#make(current.purpose, above, epoch, now);
    const made = await this.#append(issuer, above.issuerId, by, now);
    if (made) {
      this.#logger.log(`${current.purpose} issuer ${issuer.issuerId} is made for epoch ${epoch}`);
      return issuer;
    }
    await this.#discard(issuer.keyId);
    return undefined;
  }

  #make(purpose: IssuerPurpose, above: SigningIssuer, epoch: number, now: Date): Promise<SigningIssuer> {
    const keep: KeepKey = ({ keyId }) => this.book.keepKey(keyId, now);
    const hierarchy = new Hierarchy(this.signer, this.settings, now);
    if (isAnchorPurpose(purpose)) return hierarchy.root(purpose, epoch, keep);
    if (purpose === 'intermediate') return hierarchy.intermediate(above, epoch, keep);
    return hierarchy.issuer(purpose, above, epoch, keep);
  }

  /** Keys that were made long ago and that no issuer has: who made them did not live to tell. */
  async discardOrphans(): Promise<void> {
    for (const keyId of await this.book.keysMadeBefore(new Date(this.clock.now().getTime() - HOUR_MS))) {
      const stream = issuerStream(keyId.slice(0, 16) as IssuerId);
      const heads = await this.ledger.heads([stream]);
      if (heads.get(stream)) await this.book.dropKey(keyId);
      else await this.#discard(keyId);
    }
  }

  /** The newest CA of the kind that has signed this one, so that a new intermediate is used as soon as it is active. */
  #parentOf({ parent }: Issuer): SigningIssuer | undefined {
    const above = parent && this.issuers.get(parent);
    if (!above) return undefined;
    const newest = this.issuers.line(above.purpose).current ?? above;
    return newest.status === 'active' ? keyed(newest) : undefined;
  }

  /** A CA's key may lie in a safe: then its next issuer is a ceremony's business. */
  async #hasKey({ issuerId, keyId }: SigningIssuer): Promise<boolean> {
    try {
      await this.signer.key(keyId);
      this.#away.delete(keyId);
      return true;
    } catch (error) {
      if (!(error instanceof KeyStoreError) || error.code !== 'KEYSTORE_KEY_NOT_FOUND') throw error;
      if (!this.#away.has(keyId)) this.#logger.warn(`the key of ${issuerId} is away: no issuer is made ahead below it`);
      this.#away.add(keyId);
      return false;
    }
  }

  /** False: another replica has made this epoch's issuer, or the CA above (before, for a root) is none any more. */
  async #append(issuer: SigningIssuer, parent: IssuerId, by: Actor, now: Date): Promise<boolean> {
    const above = await this.ledger.readStream(issuerStream(parent));
    const state = fold(issuerDecider, above.events);
    if (state.status !== 'active') return false;
    const stream = issuerStream(issuer.issuerId);
    const decided = issuerDecider.decide({ type: 'CreateIssuer', issuer }, issuerDecider.initial);
    // Whoever comes first makes the epoch's issuer: the key is the epoch's, the bytes of the certificate are not.
    const key = `prepare-${issuer.purpose}-${issuer.epoch}`;
    try {
      const { events } = await this.ledger.append({
        expectations: [
          { stream, version: 0 },
          { stream: above.stream, version: above.version },
        ],
        events: decided.map((event) => ({ stream, ...event })),
        idempotency: { scope: actor.id, key, fingerprint: key },
        ...{ actor: by, correlationId: randomUUID(), recordedAt: timestamp(now) },
      });
      return events[0]?.stream === stream;
    } catch (error) {
      if (error instanceof LedgerConflictError) return false;
      throw error;
    }
  }

  async #discard(keyId: string): Promise<void> {
    await this.signer.destroy(keyId);
    await this.book.dropKey(keyId);
  }
}

const keyed = ({ keyId, ...issuer }: Issuer): SigningIssuer | undefined =>
  keyId === undefined ? undefined : { ...issuer, keyId };
