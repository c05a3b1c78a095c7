import { Injectable } from '@nestjs/common';
import type { IncidentSelectorInput } from '@cartulary/contracts';
import {
  CertificateNotFoundError,
  certificateStream,
  type IncidentSelector,
  parseIdentity,
  parseIssuerId,
  parseKeyHash,
  parseNodeName,
  parseSerial,
  parseTimestamp,
  type Serial,
  type Timestamp,
} from '@cartulary/domain';
import { Ledger } from '@cartulary/ledger';
import { IssuerDirectory, Settings } from '@cartulary/service';

/** What a request selects, in the one form that is stored. A slip of the pen must not look like an incident of nothing. */
@Injectable()
export class IncidentSelectorSettler {
  constructor(
    private readonly ledger: Ledger,
    private readonly issuers: IssuerDirectory,
    private readonly settings: Settings,
  ) {}

  async settle(input: IncidentSelectorInput, now: Timestamp): Promise<IncidentSelector> {
    const { keyHash, serials, identity, namespace, node, issuerId, issuedBetween } = input;
    return {
      ...(keyHash === undefined ? {} : { keyHash: parseKeyHash(keyHash) }),
      ...(serials === undefined ? {} : { serials: await this.#known(serials.map(parseSerial)) }),
      ...(identity === undefined ? {} : { identity: parseIdentity(identity, this.settings.trustDomain).id }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(node === undefined ? {} : { node: parseNodeName(node) }),
      ...(issuerId === undefined ? {} : { issuerId: this.issuers.get(parseIssuerId(issuerId)).issuerId }),
      ...(issuedBetween === undefined ? {} : { issuedBetween: between(issuedBetween, now) }),
    };
  }

  async #known(serials: readonly Serial[]): Promise<readonly Serial[]> {
    const heads = await this.ledger.heads(serials.map(certificateStream));
    for (const serial of serials) {
      if (!heads.get(certificateStream(serial))) throw new CertificateNotFoundError(serial);
    }
    return serials;
  }
}

const between = ({ from, to }: NonNullable<IncidentSelectorInput['issuedBetween']>, now: Timestamp) => ({
  from: parseTimestamp(from, 'selector/issuedBetween/from'),
  to: to === undefined ? now : parseTimestamp(to, 'selector/issuedBetween/to'),
});
