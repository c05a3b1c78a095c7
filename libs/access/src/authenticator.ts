import { Injectable } from '@nestjs/common';
import {
  certificateDecider,
  certificateStream,
  fold,
  identityDecider,
  identityStream,
  type SpiffeId,
  timestamp,
  tokenDecider,
  tokenStream,
} from '@cartulary/domain';
import { Clock } from '@cartulary/runtime';
import type { Caller } from './caller.js';
import { CredentialStates } from './credential-states.js';
import { CredentialRefusedError, UnauthenticatedError } from './errors.js';
import { type PeerCertificate, peerCertificate } from './peer-certificate.js';
import { parseToken, secretMatches } from './tokens.js';

export interface Presented {
  readonly socket: unknown;
  readonly authorization: string | undefined;
}

/** Finds out who is calling. The ledger is asked on every request, so a revoked caller is refused on its next one. */
@Injectable()
export class Authenticator {
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

  async #byCertificate({ serial, uri, notAfter }: PeerCertificate): Promise<Caller> {
    if (timestamp(this.clock.now()) > notAfter) {
      throw new CredentialRefusedError('CREDENTIAL_EXPIRED', `the client certificate ${serial} has expired`);
    }
    const [certificate, identity] = await this.states.of([
      { stream: certificateStream(serial), read: (events) => fold(certificateDecider, events) },
      { stream: identityStream(uri as SpiffeId), read: (events) => fold(identityDecider, events) },
    ] as const);
    if (certificate.status === 'unissued' || certificate.identity !== uri) {
      throw new UnauthenticatedError(`the client certificate ${serial} is not in this ledger`);
    }
    // TLS trusts the system issuers alone; this holds also where a listener was given one anchor too many.
    if (certificate.profile !== 'operator' && certificate.profile !== 'service') {
      throw new UnauthenticatedError(`the client certificate ${serial} is no credential here: ${certificate.profile}`);
    }
    if (certificate.status === 'revoked') {
      throw new CredentialRefusedError('CREDENTIAL_REVOKED', `the client certificate ${serial} is revoked`);
    }
    if (certificate.status === 'held') {
      throw new CredentialRefusedError('CREDENTIAL_HELD', `the client certificate ${serial} is on hold`);
    }
    if (identity.status === 'suspended') {
      throw new CredentialRefusedError('CREDENTIAL_SUSPENDED', `${uri} is suspended`);
    }
    if (identity.status !== 'active' || !identity.grant) throw new UnauthenticatedError(`${uri} has no grant here`);
    const actor = { id: uri, credential: `certificate:${serial}` };
    return { kind: 'certificate', actor, grant: identity.grant, expiresAt: notAfter };
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
