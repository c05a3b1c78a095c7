import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type Caller, type Grounds, RequestGrounds } from '@cartulary/access';
import {
  type Base64,
  certificateDecider,
  certificateStream,
  type CertificateIssued,
  decideIssuance,
  fold,
  identityDecider,
  identityStream,
  type IssuanceState,
  type IssuedCertificate,
  issuerDecider,
  type IssuerId,
  IssuerNotActiveError,
  type IssuerPurpose,
  issuerStream,
  keyDecider,
  type KeyHash,
  keyStream,
  type NodeName,
  placementDecider,
  placementStream,
  renewalWindow,
  type RequestedProfile,
  type Serial,
  timestamp,
  tokenDecider,
  tokenStream,
} from '@cartulary/domain';
import { decideOn, type FoldedStream, FoldedStreams, Ledger, type RecordedEvent } from '@cartulary/ledger';
import { Clock } from '@cartulary/runtime';
import { IssuerDirectory, type KnownIssuer, publicationsOf, Settings, validity } from '@cartulary/service';
import { issueCertificate, newSerial, Signer, type VerifiedCsr } from '@cartulary/x509';
import type { RequestContext } from './command.js';
import type { Subject } from './subject.js';

/** Bumped whenever what may be issued changes; stands in every CertificateIssued. */
export const policyVersion = '1';

const purposeOf: Readonly<Record<Exclude<RequestedProfile, 'ocsp-signing'>, IssuerPurpose>> = {
  workload: 'workload',
  server: 'server',
  operator: 'system',
  service: 'system',
};

export interface Certifiable {
  readonly csr: VerifiedCsr;
  readonly subject: Subject;
  readonly profile: RequestedProfile;
  /** Seconds. */
  readonly lifetime: number;
  readonly predecessor?: Serial;
  /** Who issued the predecessor. */
  readonly predecessorIssuer?: IssuerId;
  /** For `ocsp-signing`: who delegates. The others get the active issuer of their profile. */
  readonly issuer?: KnownIssuer;
  readonly node?: NodeName;
}

type Wanted = Certifiable & { readonly issuer: KnownIssuer };
type Draft = IssuedCertificate & { readonly profile: RequestedProfile };

/** How many epochs may pass by one request before it is given up. */
const EPOCHS = 8;

/** The one way to a certificate: decide, sign, append, and only then hand it out. */
@Injectable()
export class Certifier {
  readonly #states: FoldedStreams;
  readonly #grounds: RequestGrounds;

  constructor(
    private readonly ledger: Ledger,
    private readonly signer: Signer,
    private readonly issuers: IssuerDirectory,
    private readonly settings: Settings,
    private readonly clock: Clock,
  ) {
    this.#states = new FoldedStreams(ledger);
    this.#grounds = new RequestGrounds(ledger);
  }

  /**
   * Resolves to the CertificateIssued of this request, or of the one that it repeats. Where another epoch has begun
   * since the issuer was picked, the ledger says so at the append, and it is decided again with the issuer of that one.
   */
  async certify(
    wanted: Certifiable,
    context: RequestContext,
  ): Promise<RecordedEvent<string, CertificateIssued['data']>> {
    if (wanted.issuer) return this.#certify({ ...wanted, issuer: wanted.issuer }, context);
    for (let attempt = 1; ; attempt++) {
      const issuer = this.#activeFor(wanted.profile);
      try {
        return await this.#certify({ ...wanted, issuer }, context);
      } catch (error) {
        if (!(error instanceof IssuerNotActiveError) || attempt >= EPOCHS) throw error;
        await this.#learn(issuer.issuerId);
        if (this.#activeFor(wanted.profile).issuerId === issuer.issuerId) throw error;
      }
    }
  }

  /** One that is asked for by its id, also when the directory has not heard of it. Throws IssuerNotFoundError. */
  async issuer(issuerId: IssuerId): Promise<KnownIssuer> {
    if (!this.issuers.find(issuerId)) await this.#learn(issuerId);
    return this.issuers.get(issuerId);
  }

  #activeFor(profile: RequestedProfile): KnownIssuer {
    if (profile === 'ocsp-signing') throw new TypeError('an ocsp-signing certificate names its issuer');
    return this.issuers.active(purposeOf[profile]);
  }

  /** The directory may be a moment behind: what has become of the issuer, and who follows it, is in the ledger. */
  async #learn(issuerId: IssuerId): Promise<void> {
    for (let next: IssuerId | undefined = issuerId; next;) {
      const { events } = await this.ledger.readStream(issuerStream(next));
      events.forEach((event) => this.issuers.apply(event));
      next = this.issuers.find(next)?.successor;
    }
  }

  async #certify(wanted: Wanted, context: RequestContext): Promise<RecordedEvent<string, CertificateIssued['data']>> {
    const now = this.clock.now();
    const draft = this.#draft(wanted, context.caller, now);
    const folds = foldsOf(draft, wanted.predecessorIssuer);
    const unread = { stream: certificateStream(draft.serial), version: 0 };
    const streams = [unread.stream, ...new Set(Object.values(folds).map(({ stream }) => stream))];
    let signed: IssuedCertificate | undefined;
    const { caller, ...trace } = context;
    let attempts = 0;
    // At first by what is remembered: the append says whether it still holds. A refusal has nobody to say so.
    let recalled: FoldedStream[] | undefined;
    let refusedByMemory = false;
    const decide = () =>
      decideOn(
        this.ledger,
        { ...trace, streams, actor: caller.actor, recordedAt: timestamp(now) },
        async (read) => {
          const grounds = await this.#grounds.of(caller.actor.credential, draft.predecessor, attempts++ > 0);
          const state = stateOf(folds, read, grounds);
          const command = { now: timestamp(now) };
          // Decided before it is signed: what is known to be refused is not.
          refusedByMemory = recalled !== undefined;
          if (!signed) decideIssuance({ ...command, issued: draft }, state);
          refusedByMemory = false;
          signed ??= { ...draft, certificate: await this.#sign(wanted, draft) };
          const events = decideIssuance({ ...command, issued: signed }, state);
          return {
            events: events.map(({ stream, event }) => ({ stream, ...event })),
            // A serial of 128 random bits is nobody else's; if it were, the append would say so. A renewal by the very
            // certificate that it renews has named that already.
            expectations: [unread, ...grounds.expectations.filter(({ stream }) => !streams.includes(stream))],
            result: undefined,
          };
        },
        async () => {
          recalled = attempts === 0 ? this.#states.recall(Object.values(folds)) : undefined;
          const states = recalled ?? (await this.#states.read(Object.values(folds)));
          return new Map(states.map((each) => [each.stream, each]));
        },
      );
    const decided = await decide().catch((error: unknown) => {
      if (!refusedByMemory) throw error;
      return decide();
    });
    const issued = decided.events.find(({ type }) => type === 'CertificateIssued');
    if (!issued) throw new Error('an issuance without CertificateIssued');
    return issued as unknown as RecordedEvent<string, CertificateIssued['data']>;
  }

  #draft({ csr, subject, profile, lifetime, predecessor, issuer, node }: Wanted, caller: Caller, now: Date): Draft {
    const dates = validity(now, lifetime, this.settings.clockSkew, this.issuers.facts(issuer.issuerId));
    if (dates.notAfter <= now) throw new IssuerNotActiveError(issuer.issuerId);
    const { identity, dnsNames, ipAddresses } = subject;
    const serial = newSerial() as Serial;
    const notAfter = timestamp(dates.notAfter);
    return {
      serial,
      issuerId: issuer.issuerId,
      profile,
      ...(identity ? { identity: identity.id } : {}),
      ...(dnsNames.length > 0 ? { dnsNames: [...dnsNames] } : {}),
      ...(ipAddresses.length > 0 ? { ipAddresses: [...ipAddresses] } : {}),
      keyHash: csr.keyHash as KeyHash,
      keyAlgorithm: csr.keyAlgorithm,
      notBefore: timestamp(dates.notBefore),
      notAfter,
      certificate: '' as Base64,
      ...(predecessor ? { predecessor } : {}),
      // From now: what notBefore is set back by is nobody's time to use it.
      renewalWindow: renewalWindow({ serial, validFrom: timestamp(now), notAfter }, this.settings.renewal),
      evidence: {
        csrHash: createHash('sha256').update(csr.der).digest('hex'),
        policyVersion,
        requester: caller.actor.id,
        credential: caller.actor.credential,
        ...(node ? { node } : {}),
        ...(caller.attestation ? { attestation: caller.attestation } : {}),
      },
    };
  }

  async #sign({ csr, issuer }: Wanted, draft: Draft): Promise<Base64> {
    const { trustDomain, publicUrl } = this.settings;
    const common = {
      serial: draft.serial,
      notBefore: new Date(draft.notBefore),
      notAfter: new Date(draft.notAfter),
      spki: csr.spki,
    };
    const publications = publicationsOf(publicUrl, issuer.issuerId, this.settings.crl.deltas);
    const request = (() => {
      switch (draft.profile) {
        case 'ocsp-signing':
          return { profile: draft.profile, ...common };
        case 'server':
          return {
            profile: draft.profile,
            ...common,
            publications,
            dnsNames: draft.dnsNames ?? [],
            ipAddresses: draft.ipAddresses ?? [],
          };
        default:
          return { profile: draft.profile, ...common, publications, trustDomain, spiffeId: draft.identity ?? '' };
      }
    })();
    if (!issuer.keyId) throw new Error(`issuer ${issuer.issuerId} has no key here`);
    const reference = { certificate: this.issuers.certificate(issuer.issuerId), keyId: issuer.keyId };
    return (await issueCertificate(request, reference, this.signer)).toString('base64') as Base64;
  }
}

/** Every stream that the decision rests on, but the certificate's own; the append names all their versions. */
const foldsOf = (
  { issuerId, keyHash, identity, predecessor, evidence }: IssuedCertificate,
  predecessorIssuer: IssuerId | undefined,
) => ({
  issuer: { stream: issuerStream(issuerId), fold: foldIssuer },
  key: { stream: keyStream(keyHash), fold: foldKey, isNew: true },
  ...(identity ? { identity: { stream: identityStream(identity), fold: foldIdentity } } : {}),
  ...(predecessor ? { predecessor: { stream: certificateStream(predecessor), fold: foldCertificate } } : {}),
  ...(predecessorIssuer ? { predecessorIssuer: { stream: issuerStream(predecessorIssuer), fold: foldIssuer } } : {}),
  ...(identity && evidence.node && evidence.attestation?.onBehalf
    ? { placement: { stream: placementStream(evidence.node, identity), fold: foldPlacement } }
    : {}),
  ...(evidence.attestation?.tokenId
    ? { joinToken: { stream: tokenStream(evidence.attestation.tokenId), fold: foldToken } }
    : {}),
});

type Folds = ReturnType<typeof foldsOf>;

const stateOf = (folds: Folds, read: ReadonlyMap<string, FoldedStream>, { gate, ancestry }: Grounds): IssuanceState => {
  // Each state is what its own fold made.
  const states = Object.entries(folds).map(([name, { stream, fold }]) => [name, read.get(stream)?.state ?? fold([])]);
  return {
    gate,
    ancestry,
    certificate: certificateDecider.initial,
    ...(Object.fromEntries(states) as Omit<IssuanceState, 'certificate' | 'gate' | 'ancestry'>),
  };
};

const foldIssuer = (events: readonly RecordedEvent[]) => fold(issuerDecider, events);
const foldKey = (events: readonly RecordedEvent[]) => fold(keyDecider, events);
const foldIdentity = (events: readonly RecordedEvent[]) => fold(identityDecider, events);
const foldCertificate = (events: readonly RecordedEvent[]) => fold(certificateDecider, events);
const foldPlacement = (events: readonly RecordedEvent[]) => fold(placementDecider, events);
const foldToken = (events: readonly RecordedEvent[]) => fold(tokenDecider, events);
