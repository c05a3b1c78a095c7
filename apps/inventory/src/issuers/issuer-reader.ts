import { Injectable } from '@nestjs/common';
import type { Issuer } from '@cartulary/contracts';
import { fold, issuerDecider, type IssuerId, type IssuerPurpose, issuerStream } from '@cartulary/domain';
import { Ledger } from '@cartulary/ledger';
import { Database, IssuerDirectory, type KnownIssuer, Settings } from '@cartulary/service';
import { issuerView } from './issuer-view.js';

const CRLS = 'SELECT issuer_id, crl FROM projections.inventory_publications WHERE issuer_id = ANY ($1::text[])';

/** Issuers with their states as of now; the directory says which there are and who stands above whom. */
@Injectable()
export class IssuerReader {
  constructor(
    private readonly issuers: IssuerDirectory,
    private readonly ledger: Ledger,
    private readonly database: Database,
    private readonly settings: Settings,
  ) {}

  async view(ids: readonly IssuerId[]): Promise<Issuer[]> {
    const [states, crls] = await Promise.all([this.states(ids), this.#crls(ids)]);
    const { publicUrl } = this.settings;
    return states
      .sort((a, b) => rank(a.state) - rank(b.state) || a.state.epoch - b.state.epoch)
      .map(({ state, position }) =>
        issuerView(state, { issuers: this.issuers, publicUrl, position, crl: crls.get(state.issuerId) }),
      );
  }

  async states(ids: readonly IssuerId[]): Promise<{ state: KnownIssuer; position: number }[]> {
    const histories = await this.ledger.readStreams(ids.map(issuerStream));
    return [...histories.values()].flatMap(({ events }) => {
      const state = fold(issuerDecider, events);
      return state.status === 'unknown' ? [] : [{ state, position: events.at(-1)?.position ?? 0 }];
    });
  }

  async #crls(ids: readonly IssuerId[]): Promise<ReadonlyMap<string, Issuer['crl']>> {
    const rows = await this.database.query<{ issuer_id: string; crl: Issuer['crl'] }>(CRLS, [ids]);
    return new Map(rows.map(({ issuer_id, crl }) => [issuer_id, crl]));
  }
}

const order: readonly IssuerPurpose[] = ['root', 'system-root', 'intermediate', 'workload', 'server', 'system'];
const rank = ({ purpose }: KnownIssuer): number => order.indexOf(purpose);
