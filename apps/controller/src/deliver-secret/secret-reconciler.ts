import type { V1Secret } from '@kubernetes/client-node';
import { ProblemError } from '@cartulary/client';
import type { FullCertificate } from '@cartulary/contracts';
import type { Clock, Logger } from '@cartulary/runtime';
import type { CertificateRegistry } from '../certificates/certificate-registry.js';
import type { Asked, Certificates } from '../certificates/certificates.js';
import { fromView, type KnownCertificate } from '../certificates/known-certificate.js';
import { isStatus } from '../kubernetes/errors.js';
import type { TrustAnchors } from '../trust/trust-anchors.js';
import type { AccountIdentities } from './account-identities.js';
import { type Account, type Action, decide, type Situation } from './decide.js';
import { PendingKeys } from './pending-keys.js';
import { inspectSecret, type SecretFacts } from './secret-facts.js';
import { type SecretForm, secretName } from './secret-form.js';
import type { SecretWriter } from './secret-writer.js';

/** What is known of the Secrets; a write's answer is known at once. */
export interface KnownSecrets {
  get(key: string): SecretFacts | undefined;
  take(secret: V1Secret): void;
  drop(key: string): void;
}

export interface SecretReconcilerParts {
  readonly accounts: { get(key: string): Account | undefined };
  readonly secrets: KnownSecrets;
  readonly registry: CertificateRegistry;
  readonly certificates: Certificates;
  readonly writer: SecretWriter;
  readonly anchors: Pick<TrustAnchors, 'pem' | 'digest' | 'reach'>;
  readonly identities: AccountIdentities;
  readonly form: SecretForm;
  /** Milliseconds. */
  readonly grace: number;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** Called before anything is changed; throws when somebody else leads. */
  readonly demandLead: () => void;
  readonly onAction?: (action: Action['type']) => void;
}

/** More steps than any situation needs: one that needs more is looked at again later. */
const MOST_STEPS = 6;
const LOOK_AGAIN_MS = 300_000;

/** Brings the Secret of one account to what `decide` wants, step by step, from whatever is there. */
export class SecretReconciler {
  readonly #pending = new PendingKeys();
  /** Serials that lie in our Secrets and not in the ledger. */
  readonly #missing = new Set<string>();

  constructor(private readonly parts: SecretReconcilerParts) {}

  /** Resolves to when it has to be looked at next. `key` is `namespace/account`. */
  async reconcile(key: string): Promise<Date | undefined> {
    let lookedAt = false;
    for (let step = 0; step < MOST_STEPS; step++) {
      const account = this.parts.accounts.get(key);
      if (!account) {
        await this.#abandon(key);
        return undefined;
      }
      const situation = this.situation(account);
      const action = decide(situation);
      this.parts.onAction?.(action.type);
      if (action.type === 'wait') return action.until;
      if (action.type === 'leave') {
        if (lookedAt) return this.#leave(key);
        // It need not carry our label, and then no watch tells what becomes of it.
        await this.#read(account);
        lookedAt = true;
        continue;
      }
      this.parts.demandLead();
      await this.#act(key, action, situation);
    }
    return this.parts.clock.now();
  }

  situation(account: Account): Situation {
    const { secrets, registry, anchors, identities, form, grace, clock } = this.parts;
    const identity = identities.of(account);
    const secret = secrets.get(this.#secretKey(account));
    const { serial, top } = secret?.certificate ?? {};
    return {
      ...{ account, identity, secret, grace },
      certificate: serial === undefined ? undefined : this.#known(serial),
      live: registry.of(identity),
      anchored: top !== undefined && anchors.reach(top),
      rootDigest: anchors.digest,
      type: form.type,
      now: clock.now(),
    };
  }

  #known(serial: string): KnownCertificate | 'missing' | undefined {
    return this.parts.registry.find(serial) ?? (this.#missing.has(serial) ? 'missing' : undefined);
  }

  async #leave(key: string): Promise<Date> {
    await this.#abandon(key);
    this.parts.logger.warn({ account: key }, 'its Secret is somebody else’s and stays as it is');
    return new Date(this.parts.clock.now().getTime() + LOOK_AGAIN_MS);
  }

  /** The Secret as it is now, whoever's it is; resolves to whether there is one. */
  async #read(account: Account): Promise<boolean> {
    const found = await this.parts.writer.read(account);
    if (found) this.parts.secrets.take(found);
    else this.parts.secrets.drop(this.#secretKey(account));
    return found !== undefined;
  }

  /** What was issued and has no place to go. */
  async #abandon(key: string): Promise<void> {
    const orphan = this.#pending.drop(key)?.certificate;
    if (orphan) await this.#supersede(key, orphan.serial);
  }

  async #supersede(key: string, serial: string): Promise<void> {
    const { certificates, registry, logger } = this.parts;
    const known = registry.find(serial);
    if (!(await certificates.isForSecret(serial))) {
      if (known) registry.put({ ...known, apart: true });
      return;
    }
    await certificates.revoke(serial, 'superseded', 'replaced by the Kubernetes controller');
    if (known) registry.put({ ...known, status: 'revoked' });
    logger.info({ account: key, serial }, 'superseded');
  }

  /** Whoever asked for it: it lies in our Secret, and so it is ours to look after. */
  #learn(serial: string, found: FullCertificate | 'missing'): void {
    const known = found === 'missing' ? undefined : fromView(found);
    if (known) this.parts.registry.put(known);
    else this.#missing.add(serial);
  }

  async #act(key: string, action: Exclude<Action, { type: 'wait' | 'leave' }>, situation: Situation): Promise<void> {
    switch (action.type) {
      case 'ask':
        return this.#learn(action.serial, await this.parts.certificates.find(action.serial));
      case 'issue':
        // A Secret that has lost our label is out of our sight: an account that had one gets a second look.
        if (action.reason === 'no-secret' && situation.live.length > 0 && (await this.#read(situation.account))) return;
        return this.#deliver(key, situation, action.reason);
      case 'renew':
        return this.#deliver(key, situation, 'renewal', action.serial);
      case 'mend':
        return this.#mend(key, situation, action.serial);
      case 'supersede':
        for (const serial of action.serials) await this.#supersede(key, serial);
    }
  }

  async #deliver(key: string, situation: Situation, reason: string, predecessor?: string): Promise<void> {
    const { registry, logger } = this.parts;
    const { account, identity, secret } = situation;
    const cause = `${account.uid} ${predecessor ?? secret?.certificate?.serial ?? ''} ${reason}`;
    const pending = await this.#pending.get(key, account.uid, identity, cause);
    pending.certificate ??= await this.#obtain(identity, pending, predecessor);
    const { serial } = pending.certificate;
    const known = registry.find(serial) ?? fromView(pending.certificate);
    if (known) registry.put(known);
    // Revoked between its issuance and now, while the API server could not be reached.
    if (known?.status === 'revoked') return void this.#pending.drop(key);
    this.parts.demandLead();
    if (!(await this.#write(situation, pending.certificate, pending.key))) return;
    this.#pending.drop(key);
    logger.info({ account: key, serial, reason, ...(predecessor ? { predecessor } : {}) }, 'delivered');
  }

  async #obtain(
    identity: string,
    { csr, idempotencyKey, correlationId }: Asked,
    predecessor: string | undefined,
  ): Promise<FullCertificate> {
    const { certificates } = this.parts;
    const asked = { csr, idempotencyKey, correlationId };
    if (predecessor === undefined) return certificates.issue(identity, asked);
    try {
      return await certificates.renew(predecessor, asked);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      // It ended while we asked.
      if (!error.is('CERTIFICATE_REVOKED') && !error.is('CERTIFICATE_EXPIRED')) throw error;
      return certificates.issue(identity, { ...asked, idempotencyKey: `${asked.idempotencyKey}-first` });
    }
  }

  async #mend(key: string, situation: Situation, serial: string): Promise<void> {
    const found = await this.parts.certificates.find(serial);
    if (found === 'missing') return this.#learn(serial, found);
    if (await this.#write(situation, found)) this.parts.logger.info({ account: key, serial }, 'mended');
  }

  /** Resolves to whether it was written; if not, the Secret is not what was looked at, and is now. */
  async #write({ account, secret }: Situation, certificate: FullCertificate, key?: string): Promise<boolean> {
    const { writer, anchors, clock, secrets } = this.parts;
    const contents = {
      serial: certificate.serial,
      chain: `${certificate.certificate}${certificate.chain}`,
      root: anchors.pem,
      ...(key === undefined ? {} : { key }),
    };
    try {
      secrets.take(await writer.write(account, secret, contents, key === undefined ? undefined : clock.now()));
      return true;
    } catch (error) {
      // Another version than the one that was looked at, or one without our label: seen as it is, and decided again.
      if (!isStatus(error, 409) && !isStatus(error, 404)) throw error;
      // Nothing was there and nothing is: it is not for a Secret of that name that this was refused.
      if (!(await this.#read(account)) && !secret) throw error;
      return false;
    }
  }

  #secretKey({ namespace, name }: Account): string {
    return `${namespace}/${secretName(this.parts.form, name)}`;
  }
}

export const secretProjection =
  (form: SecretForm) =>
  (secret: V1Secret): SecretFacts =>
    inspectSecret(secret, form);
