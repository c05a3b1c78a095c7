import { Injectable } from '@nestjs/common';
import { type Caller, demandReach, demandReachOf, ForbiddenError } from '@cartulary/access';
import type { RotationRequest } from '@cartulary/contracts';
import {
  certificateDecider,
  CertificateNotFoundError,
  certificateStream,
  fold,
  InvalidValueError,
  type IssuerId,
  type OrderedSelector,
  parseIdentity,
  parseIssuerId,
  parseSerial,
  type Serial,
} from '@cartulary/domain';
import { Ledger } from '@cartulary/ledger';
import { IssuerDirectory, Settings } from '@cartulary/service';

/** What a request selects, once it is known that the caller's grant reaches all of it. */
@Injectable()
export class SelectorSettler {
  constructor(
    private readonly ledger: Ledger,
    private readonly issuers: IssuerDirectory,
    private readonly settings: Settings,
  ) {}

  async settle(request: RotationRequest, caller: Caller): Promise<OrderedSelector> {
    const { identity, namespace, issuerId, serials } = request;
    if ([identity, namespace, issuerId, serials].filter((given) => given !== undefined).length !== 1) {
      throw new InvalidValueError('identity', 'exactly one of identity, namespace, issuerId and serials');
    }
    if (identity !== undefined) return this.#identity(identity, caller);
    if (namespace !== undefined) return forNamespace(namespace, caller);
    if (issuerId !== undefined) return this.#issuer(parseIssuerId(issuerId), caller);
    return this.#serials((serials ?? []).map(parseSerial), caller);
  }

  #identity(text: string, caller: Caller): OrderedSelector {
    const identity = parseIdentity(text, this.settings.trustDomain);
    demandReach(caller, identity);
    return { identity: identity.id };
  }

  /** An issuer's certificates are of any namespace; the system's are operators' and services'. */
  #issuer(issuerId: IssuerId, caller: Caller): OrderedSelector {
    demandReach(caller, undefined);
    const { purpose } = this.issuers.get(issuerId);
    if (purpose === 'system' && caller.grant.role !== 'admin') {
      throw new ForbiddenError('only an admin has the certificates of the system issuer replaced');
    }
    return { issuerId };
  }

  async #serials(serials: readonly Serial[], caller: Caller): Promise<OrderedSelector> {
    const histories = await this.ledger.readStreams(serials.map(certificateStream));
    for (const serial of serials) {
      const state = fold(certificateDecider, histories.get(certificateStream(serial))?.events ?? []);
      if (state.status === 'unissued') throw new CertificateNotFoundError(serial);
      demandReachOf(caller, state.identity, this.settings.trustDomain);
    }
    return { serials };
  }
}

const forNamespace = (namespace: string, { grant }: Caller): OrderedSelector => {
  if (grant.namespaces && !grant.namespaces.includes(namespace)) {
    throw new ForbiddenError(`the caller's grant does not reach the namespace ${namespace}`);
  }
  return { namespace };
};
