import { Injectable } from '@nestjs/common';
import type { NodeName } from '@cartulary/domain';
import { decodeJwt } from 'jose';
import { Authenticator } from '../authenticator.js';
import type { Caller } from '../caller.js';
import { UnauthenticatedError } from '../errors.js';
import { MAX_TOKEN } from './verify-jwt.js';
import type { TokenVerifier, VerifiedToken } from './token-verifier.js';

/** Who asks for a workload's certificate, by a credential that names the one identity it may have. */
export interface WorkloadCaller {
  readonly caller: Caller & { readonly only: NonNullable<Caller['only']> };
  readonly node?: NodeName;
  readonly mayImpersonate: boolean;
}

/** A Nest token: the verifiers that are configured. */
export abstract class TokenVerifiers {
  abstract readonly all: readonly TokenVerifier[];
}

/** Callers of the certificate service: a token of a platform, or a workload's certificate of ours. */
@Injectable()
export class WorkloadAuthenticator {
  constructor(
    private readonly verifiers: TokenVerifiers,
    private readonly authenticator: Authenticator,
  ) {}

  async authenticate({
    socket,
    authorization,
  }: {
    readonly socket: unknown;
    readonly authorization: string | undefined;
  }): Promise<WorkloadCaller> {
    if (authorization === undefined) {
      const caller = await this.authenticator.workload(socket);
      return { caller, mayImpersonate: false };
    }
    const [, token = ''] = /^Bearer +([\x21-\x7e]+)$/i.exec(authorization) ?? [];
    const verified = await this.#verifierOf(token).verify(token);
    return {
      caller: callerOf(verified),
      ...(verified.node === undefined ? {} : { node: verified.node }),
      mayImpersonate: verified.mayImpersonate,
    };
  }

  #verifierOf(token: string): TokenVerifier {
    const issuer = token.length > MAX_TOKEN ? undefined : issuerOf(token);
    const verifier = this.verifiers.all.find((one) => issuer !== undefined && one.accepts(issuer));
    if (!verifier) throw new UnauthenticatedError('the bearer token is of no issuer that is accepted here');
    return verifier;
  }
}

/** Not verified: it only says whose keys to try. */
const issuerOf = (token: string): string | undefined => {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
};

const callerOf = ({ identity, attestation, expiresAt }: VerifiedToken): WorkloadCaller['caller'] => ({
  kind: 'workload',
  actor: { id: identity, credential: `${attestation.kind}:${attestation.jwtId ?? attestation.subject ?? ''}` },
  grant: { role: 'issuer', namespaces: [namespaceOf(identity)] },
  only: identity,
  attestation,
  expiresAt,
});

const namespaceOf = (identity: string): string => identity.split('/')[4] ?? '';
