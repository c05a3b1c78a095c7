import { Injectable } from '@nestjs/common';
import {
  type Candidate,
  type CrlPublished,
  fold,
  type IssuerId,
  issuerDecider,
  issuerStream,
  publicationStream,
  type Timestamp,
} from '@cartulary/domain';
import { Ledger, type StreamHistory } from '@cartulary/ledger';

/** What the ledger says of an issuer that is to take another's place. */
@Injectable()
export class Candidates {
  constructor(private readonly ledger: Ledger) {}

  /** From the histories that the append will name. A CRL that is out stays out: its stream need not be named. */
  async read(issuerId: IssuerId, histories: ReadonlyMap<string, StreamHistory>): Promise<Candidate> {
    const issuer = fold(issuerDecider, histories.get(issuerStream(issuerId))?.events ?? []);
    const firstCrlAt = await this.firstCrlAt(issuerId);
    return { issuer, ...(firstCrlAt ? { firstCrlAt } : {}) };
  }

  async firstCrlAt(issuerId: IssuerId): Promise<Timestamp | undefined> {
    const stream = publicationStream(issuerId);
    const [first] = await this.ledger.readAll({ after: 0, limit: 1, stream, types: ['CrlPublished'] });
    return (first?.data as CrlPublished['data'] | undefined)?.publishedAt;
  }
}
