import { Injectable } from '@nestjs/common';
import {
  certificateDecider,
  certificateStream,
  fold,
  type CertificateState,
  identityDecider,
  type IdentityState,
  identityStream,
  issuerDecider,
  type IssuerId,
  type IssuerState,
  issuerStream,
  type LeafProfile,
  type NodeName,
  type Serial,
  type SpiffeId,
  timestamp,
  tokenDecider,
  type TokenId,
  tokenStream,
} from '@cartulary/domain';
import { Clock } from '@cartulary/runtime';
import type { Caller } from './caller.js';
import { CredentialStates, type Query } from './credential-states.js';
import { CredentialRefusedError, UnauthenticatedError } from './errors.js';
import { type PeerCertificate, peerCertificate } from './peer-certificate.js';
import { parseToken, secretMatches } from './tokens.js';

export interface Presented {
  readonly socket: unknown;
  readonly authorization: string | undefined;
}

/** Serials whose issuers are remembered. */
const CAPACITY = 10_000;

/** Finds out who is calling. The ledger is asked on every request, so a revoked caller is refused on its next one. */
@Injectable()
export class Authenticator {
  readonly #issuers = new Map<Serial, IssuerId>();

  constructor(
    private readonly states: CredentialStates,
    private readonly clock: Clock,
  ) {}

  async authenticate({ socket, authorization }: Presented): Promise<Caller> {
    if (authorization !== undefined) return this.#byToken(authorization);
    const peer = peerCertificate(socket);
    if (peer) return this.#byCertificate(peer);
    throw new UnauthenticatedError('neither a client certificate nor a bearer token was presented');
  }

  /** A workload by its certificate of ours: it may have another one, for the same identity. */
  async workload(socket: unknown): Promise<Caller & { readonly only: SpiffeId }> {
    const peer = peerCertificate(socket);
    if (!peer) throw new UnauthenticatedError('neither a bearer token nor a client certificate was presented');
    await this.#demandGood(peer, ['workload']);
    const [, , , , namespace = ''] = peer.uri.split('/');
    const only = peer.uri as SpiffeId;
    return {
      kind: 'workload',
      actor: { id: peer.uri, credential: `certificate:${peer.serial}` },
      grant: { role: 'issuer', namespaces: [namespace] },
      expiresAt: peer.notAfter,
      only,
      attestation: { kind: 'certificate' },
    };
  }

  /**
   * Who shows a join token, which is good for the agent of one node and one certificate. Whether it is still good is for
   * the append that spends it to say.
   */
  async joining(joinToken: string): Promise<{ readonly tokenId: TokenId; readonly node: NodeName }> {
    const presented = parseToken(joinToken);
    // As for other tokens: one answer for all that were never made here.
    const refused = new UnauthenticatedError('the join token is not accepted');
    if (!presented) throw refused;
    const [token] = await this.states.of([
      { stream: tokenStream(presented.tokenId), read: (events) => fold(tokenDecider, events) },
    ] as const);
    if (token.status === 'unknown' || !secretMatches(presented.secret, token.secretHash)) throw refused;
    if (token.node === undefined) throw refused;
    return { tokenId: token.tokenId, node: token.node };
  }

  async #byCertificate(peer: PeerCertificate): Promise<Caller> {
    const { serial, uri, notAfter } = peer;
    // TLS trusts the system issuers alone at most doors; this holds also where a listener has more anchors.
    const identity = await this.#demandGood(peer, ['operator', 'service']);
    if (identity.status !== 'active' || !identity.grant) throw new UnauthenticatedError(`${uri} has no grant here`);
    const actor = { id: uri, credential: `certificate:${serial}` };
    return { kind: 'certificate', actor, grant: identity.grant, expiresAt: notAfter };
  }

  /** Gives the state of its identity. */
  async #demandGood(
    { serial, uri, notAfter, keyHash }: PeerCertificate,
    profiles: readonly LeafProfile[],
  ): Promise<IdentityState> {
    if (timestamp(this.clock.now()) > notAfter) {
      throw new CredentialRefusedError('CREDENTIAL_EXPIRED', `the client certificate ${serial} has expired`);
    }
    const [certificate, identity, issuer] = await this.#statesBehind(serial, uri as SpiffeId);
    if (certificate.status === 'unissued' || certificate.identity !== uri) {
      throw new UnauthenticatedError(`the client certificate ${serial} is not in this ledger`);
    }
    // An issuer that a listener trusts for other certificates can't make one that passes for this one.
    if (certificate.keyHash !== keyHash) {
      throw new UnauthenticatedError(`the client certificate ${serial} is not the one in this ledger`);
    }
    if (!profiles.includes(certificate.profile)) {
      throw new UnauthenticatedError(`the client certificate ${serial} is no credential here: ${certificate.profile}`);
    }
    if (certificate.status === 'revoked') {
      throw new CredentialRefusedError('CREDENTIAL_REVOKED', `the client certificate ${serial} is revoked`);
    }
    if (issuer.status === 'compromised') {
      throw new CredentialRefusedError(
        'CREDENTIAL_REVOKED',
        `the issuer of the client certificate ${serial} is cut off`,
      );
    }
    if (certificate.status === 'held') {
      throw new CredentialRefusedError('CREDENTIAL_HELD', `the client certificate ${serial} is on hold`);
    }
    if (identity.status === 'suspended') {
      throw new CredentialRefusedError('CREDENTIAL_SUSPENDED', `${uri} is suspended`);
    }
    return identity;
  }

  /** Of the certificate, its identity and its issuer; who that is, is known from the first request on. */
  async #statesBehind(
    serial: Serial,
    identity: SpiffeId,
  ): Promise<readonly [CertificateState, IdentityState, IssuerState]> {
    const behind = [
      { stream: certificateStream(serial), read: (events) => fold(certificateDecider, events) },
      { stream: identityStream(identity), read: (events) => fold(identityDecider, events) },
    ] as const satisfies readonly Query[];
    const issuerOf = (issuerId: IssuerId) =>
      ({ stream: issuerStream(issuerId), read: (events) => fold(issuerDecider, events) }) as const satisfies Query;
    const known = this.#issuers.get(serial);
    if (known) return this.states.of([...behind, issuerOf(known)] as const);
    const [certificate, registered] = await this.states.of(behind);
    if (certificate.status === 'unissued') return [certificate, registered, issuerDecider.initial];
    if (this.#issuers.size >= CAPACITY) this.#issuers.clear();
    this.#issuers.set(serial, certificate.issuerId);
    const [issuer] = await this.states.of([issuerOf(certificate.issuerId)] as const);
    return [certificate, registered, issuer];
  }

  async #byToken(authorization: string): Promise<Caller> {
    const [, bearer] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
    const presented = bearer ? parseToken(bearer) : undefined;
    // One answer for a malformed, an unknown and a wrong token: nobody learns which ids exist.
    const refused = new UnauthenticatedError('the bearer token is not accepted');
    if (!presented) throw refused;
    const [token] = await this.states.of([
      { stream: tokenStream(presented.tokenId), read: (events) => fold(tokenDecider, events) },
    ] as const);
    if (token.status === 'unknown' || !secretMatches(presented.secret, token.secretHash)) throw refused;
    // A join token is for one call of one service, and never a caller's credential.
    if (token.node !== undefined) throw refused;
    if (token.status === 'revoked') {
      throw new CredentialRefusedError('CREDENTIAL_REVOKED', `the token ${token.tokenId} is revoked`);
    }
    if (timestamp(this.clock.now()) >= token.expiresAt) {
      throw new CredentialRefusedError('CREDENTIAL_EXPIRED', `the token ${token.tokenId} has expired`);
    }
    const actor = { id: `token/${token.name}`, credential: `token:${token.tokenId}` };
    return { kind: 'token', actor, grant: token.grant, expiresAt: token.expiresAt };
  }
}
