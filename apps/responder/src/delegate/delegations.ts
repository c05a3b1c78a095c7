import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { IssuerId } from '@cartulary/domain';
import { type Backoff, backoff, Clock, every, type Repetition } from '@cartulary/runtime';
import { isKeyGone, type KnownIssuer } from '@cartulary/service';
import {
  certificateFacts,
  createCsr,
  derToPem,
  generatePrivateKey,
  InMemorySigner,
  type Signer,
} from '@cartulary/x509';
import { ResponderState } from '../fold/responder-state.js';
import { DelegateFiles } from './delegate-files.js';
import { DelegationError, OcspDelegation } from './ocsp-delegation.js';

/** The right to answer for one issuer, and the key to do it with. */
export interface Delegate {
  readonly signer: Signer;
  readonly keyId: string;
  /** DER. */
  readonly certificate: Buffer;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Milliseconds since the epoch. */
  readonly renewAt: number;
}

interface Key {
  readonly signer: Signer;
  readonly keyId: string;
  readonly keyHash: string;
  /** PKCS #8, PEM. */
  readonly privateKey: string;
}

interface Failing {
  readonly pause: Backoff;
  retryAt: number;
}

const LOOK_MS = 1_000;
const ANSWER_MS = 30_000;
/** Of what is left of a life when it was obtained; two thirds of the whole are never reached while issuance answers. */
const RENEW_AFTER = 0.6;

/**
 * Holds a delegated certificate of every issuer whose key is ours, and renews it by itself with a new key each time.
 * While that fails, the old one serves until it ends.
 */
@Injectable()
export class Delegations implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(Delegations.name);
  readonly #delegates = new Map<IssuerId, Delegate>();
  readonly #failing = new Map<IssuerId, Failing>();
  #repetition: Repetition | undefined;

  constructor(
    private readonly delegation: OcspDelegation,
    private readonly state: ResponderState,
    private readonly clock: Clock,
    private readonly files: DelegateFiles = new DelegateFiles(undefined),
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.#load();
    const onError = (error: unknown): void => this.#logger.error(`delegations: ${String(error)}`);
    this.#repetition = every(LOOK_MS, () => this.renew(), { onError, immediately: true });
    this.state.onIssuersChange(() => {
      // What was refused before may be possible now: an issuer that has just become active.
      this.#failing.clear();
      this.#repetition?.wake();
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#repetition?.stop();
  }

  /** Undefined when there is none that is valid now. */
  find(issuerId: IssuerId, now: Date): Delegate | undefined {
    const delegate = this.#delegates.get(issuerId);
    return delegate && delegate.notBefore <= now && now < delegate.notAfter ? delegate : undefined;
  }

  /**
   * The issuers that one is asked for: also those that were prepared for a later epoch, so that it is there with the first
   * certificate, and those that were cut off, to say so; but not those that have ended.
   */
  wanted(now: Date): readonly KnownIssuer[] {
    return this.state.issuers.signing().filter(({ issuerId }) => now < this.state.issuers.facts(issuerId).notAfter);
  }

  /** One round: everything that is due, with one new key. */
  async renew(): Promise<void> {
    const now = this.clock.now();
    // Until then an issuer may look as it was long ago.
    if (!this.state.asOf) return;
    for (const issuer of this.state.issuers.all()) if (isKeyGone(issuer)) this.#delegates.delete(issuer.issuerId);
    const due = this.wanted(now).filter(({ issuerId }) => this.#isDue(issuerId, now.getTime()));
    if (due.length === 0) return;
    const privateKey = await generatePrivateKey('ecdsa-p256');
    const csr = derToPem(await createCsr(privateKey), 'CERTIFICATE REQUEST');
    const key = await keyOf(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    await Promise.all(due.map(({ issuerId }) => this.#obtain(issuerId, key, csr)));
  }

  /** What a restart has left to go on with. */
  async #load(): Promise<void> {
    const now = this.clock.now();
    for (const { issuerId, privateKey, certificate } of await this.files.read()) {
      const { notBefore, notAfter } = certificateFacts(certificate);
      if (now >= notAfter) continue;
      const renewAt = notBefore.getTime() + RENEW_AFTER * (notAfter.getTime() - notBefore.getTime());
      this.#delegates.set(issuerId, { ...(await keyOf(privateKey)), certificate, notBefore, notAfter, renewAt });
      this.#logger.log(`issuer ${issuerId}: may answer until ${notAfter.toISOString()}, as before`);
    }
  }

  #isDue(issuerId: IssuerId, now: number): boolean {
    const failing = this.#failing.get(issuerId);
    if (failing && now < failing.retryAt) return false;
    const delegate = this.#delegates.get(issuerId);
    return !delegate || now >= delegate.renewAt;
  }

  async #obtain(issuerId: IssuerId, { signer, keyId, keyHash, privateKey }: Key, csr: string): Promise<void> {
    try {
      const certificate = await inTime(this.delegation.delegate({ issuerId, csr }));
      const now = this.clock.now();
      const facts = certificateFacts(certificate);
      if (facts.keyHash !== keyHash) throw new DelegationError('the certificate is for another key');
      if (now >= facts.notAfter) throw new DelegationError('the certificate has ended already');
      const { notBefore, notAfter } = facts;
      const renewAt = now.getTime() + RENEW_AFTER * (notAfter.getTime() - now.getTime());
      this.#delegates.set(issuerId, { signer, keyId, certificate, notBefore, notAfter, renewAt });
      this.#failing.delete(issuerId);
      this.#logger.log(`issuer ${issuerId}: may answer until ${notAfter.toISOString()} by certificate ${facts.serial}`);
      await this.files.write({ issuerId, privateKey, certificate });
    } catch (error) {
      const failing = this.#failing.get(issuerId) ?? { pause: backoff({ minMs: 500, maxMs: 60_000 }), retryAt: 0 };
      failing.retryAt = this.clock.now().getTime() + failing.pause.next();
      this.#failing.set(issuerId, failing);
      this.#logger.warn(`issuer ${issuerId}: no delegated OCSP certificate: ${String(error)}; trying again`);
    }
  }
}

const keyOf = async (privateKey: string): Promise<Key> => {
  // A signer of its own: when the last delegate that uses it goes, the key goes.
  const signer = new InMemorySigner();
  const { keyId, keyHash } = await signer.import(privateKey);
  return { signer, keyId, keyHash, privateKey };
};

/** One issuance that hangs must not keep the other issuers from their renewals. */
const inTime = <T>(answer: Promise<T>): Promise<T> => {
  const abort = new AbortController();
  const late = sleep(ANSWER_MS, undefined, { signal: abort.signal, ref: false }).then(() => {
    throw new DelegationError(`no answer within ${ANSWER_MS / 1_000} s`);
  });
  return Promise.race([answer, late]).finally(() => abort.abort());
};
