import { Injectable } from '@nestjs/common';
import type { Issuer } from '@cartulary/contracts';
import { fold, issuerDecider, type IssuerId, type IssuerPurpose, issuerStream } from '@cartulary/domain';
import { Ledger } from '@cartulary/ledger';
import { Database, IssuerDirectory, type KnownIssuer, type Moment, Settings, until } from '@cartulary/service';
import { issuerView } from './issuer-view.js';

const CRLS = `
  SELECT asked.issuer_id, newest.crl FROM unnest($1::text[]) AS asked (issuer_id)
  CROSS JOIN LATERAL (
    SELECT crl FROM projections.inventory_publications AS published
    WHERE published.issuer_id = asked.issuer_id AND position <= $2 ORDER BY position DESC LIMIT 1) AS newest`;
const NOW = Number.MAX_SAFE_INTEGER;

type State = { readonly state: KnownIssuer; readonly position: number };

/** Issuers with their states as of now, or of then; the directory says which there are and who stands above whom. */
@Injectable()
export class IssuerReader {
  constructor(
    private readonly issuers: IssuerDirectory,
    private readonly ledger: Ledger,
    private readonly database: Database,
    private readonly settings: Settings,
  ) {}

  async view(states: readonly State[], asOf = NOW): Promise<Issuer[]> {
    const ids = states.map(({ state }) => state.issuerId);
    const rows = await this.database.query<{ issuer_id: string; crl: Issuer['crl'] }>(CRLS, [ids, asOf]);
    const crls = new Map(rows.map(({ issuer_id, crl }) => [issuer_id, crl]));
    const { publicUrl } = this.settings;
    return states.map(({ state, position }) =>
      issuerView(state, { issuers: this.issuers, publicUrl, position, crl: crls.get(state.issuerId) }),
    );
  }

  /** In the order of lists; those that were there by then. */
  async states(ids: readonly IssuerId[], moment?: Pick<Moment, 'position'>): Promise<State[]> {
    const histories = await this.ledger.readStreams(ids.map(issuerStream));
    const states = [...histories.values()].flatMap((history) => {
      const events = until(history.events, moment);
      const state = fold(issuerDecider, events);
      return state.status === 'unknown' ? [] : [{ state, position: events.at(-1)?.position ?? 0 }];
    });
    return states.sort((a, b) => (placeOf(a.state) < placeOf(b.state) ? -1 : 1));
  }
}

const order: readonly IssuerPurpose[] = ['root', 'system-root', 'intermediate', 'workload', 'server', 'system'];

/** Roots first, then by epoch. Never changes, so that a page's cursor stays true. */
export const placeOf = ({ purpose, epoch, issuerId }: KnownIssuer): string =>
  `${order.indexOf(purpose)}/${String(epoch).padStart(12, '0')}/${issuerId}`;
