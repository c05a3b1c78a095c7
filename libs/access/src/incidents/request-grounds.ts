import {
  type Ancestry,
  asksForAncestry,
  certificateDecider,
  fold,
  type GateState,
  gateOf,
  gateStream,
  noAncestry,
  openGate,
  type Serial,
  tokenDecider,
} from '@cartulary/domain';
import type { Expectation, Ledger, StreamHistory } from '@cartulary/ledger';
import { CredentialRefusedError } from '../errors.js';
import { Lineage, streamOfCredential } from './lineage.js';

/** What a certificate rests on beside the streams of what it names. */
export interface Grounds {
  readonly gate: GateState;
  readonly ancestry: { readonly by: Ancestry; readonly predecessor: Ancestry };
  /** The append has to name these; when one of them has moved on, the grounds are looked up afresh. */
  readonly expectations: readonly Expectation[];
}

interface Kept {
  readonly version: number;
  readonly refusal?: 'CREDENTIAL_REVOKED' | 'CREDENTIAL_HELD';
}

const CAPACITY = 10_000;

/**
 * The gate of incidents, and the credential that asks: between the door and the append either may have changed. Kept from
 * request to request, since the append is what finds out; so this costs no read while no incident is open.
 */
export class RequestGrounds {
  readonly #lineage: Lineage;
  readonly #credentials = new Map<string, Kept>();
  #gate: { readonly version: number; readonly state: GateState } | undefined;

  constructor(private readonly ledger: Ledger) {
    this.#lineage = new Lineage(ledger);
  }

  /**
   * `afresh`: what was kept is out of date.
   * @throws CredentialRefusedError
   */
  async of(credential: string, predecessor: Serial | undefined, afresh: boolean): Promise<Grounds> {
    const stream = streamOfCredential(credential);
    let kept = stream ? this.#credentials.get(stream) : undefined;
    if (afresh || (stream && !kept) || !(await this.#isCurrent())) kept = await this.#read(stream);
    if (kept?.refusal) throw new CredentialRefusedError(kept.refusal, `${credential} is no credential any more`);
    const { version, state } = this.#gate ?? { version: 0, state: openGate };
    return {
      gate: state,
      ancestry: asksForAncestry(state) ? await this.#ancestry(credential, predecessor) : noAncestries,
      expectations: [{ stream: gateStream(), version }, ...(stream && kept ? [{ stream, version: kept.version }] : [])],
    };
  }

  /** An open gate that is not current is found out by the append. A closed one might go on refusing: it is asked for. */
  async #isCurrent(): Promise<boolean> {
    if (!this.#gate) return false;
    if (this.#gate.state.closures.length === 0) return true;
    return (await this.ledger.heads([gateStream()])).get(gateStream()) === this.#gate.version;
  }

  async #ancestry(credential: string, predecessor: Serial | undefined): Promise<Grounds['ancestry']> {
    return {
      by: await this.#lineage.of(credential),
      predecessor: predecessor ? await this.#lineage.of(`certificate:${predecessor}`) : noAncestry,
    };
  }

  async #read(stream: string | undefined): Promise<Kept | undefined> {
    const histories = await this.ledger.readStreams([gateStream(), ...(stream ? [stream] : [])]);
    const gate = histories.get(gateStream());
    this.#gate = { version: gate?.version ?? 0, state: gateOf(gate?.events ?? []) };
    const history = stream ? histories.get(stream) : undefined;
    if (!stream || !history) return undefined;
    const kept = keptOf(history);
    this.#credentials.delete(stream);
    if (this.#credentials.size >= CAPACITY) this.#credentials.clear();
    // What is on hold may be released.
    if (!kept.refusal) this.#credentials.set(stream, kept);
    return kept;
  }
}

const noAncestries: Grounds['ancestry'] = { by: noAncestry, predecessor: noAncestry };

const keptOf = ({ stream, version, events }: StreamHistory): Kept => {
  if (stream.startsWith('token-')) {
    const token = fold(tokenDecider, events);
    // A join token is spent by the decision itself, which says what is wrong with it.
    const isOver = token.status === 'revoked' && token.node === undefined;
    return isOver ? { version, refusal: 'CREDENTIAL_REVOKED' } : { version };
  }
  const { status } = fold(certificateDecider, events);
  if (status === 'revoked') return { version, refusal: 'CREDENTIAL_REVOKED' };
  return status === 'held' ? { version, refusal: 'CREDENTIAL_HELD' } : { version };
};
