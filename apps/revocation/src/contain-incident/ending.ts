import {
  type Closure,
  fold,
  gateStream,
  incidentDecider,
  keyDecider,
  keyStream,
  type Timestamp,
  tokenDecider,
  type TokenId,
  tokenStream,
} from '@cartulary/domain';
import type { Expectation, Ledger, NewEvent } from '@cartulary/ledger';
import type { TrackedIncident } from './tracked-incident.js';

interface Ending {
  readonly closure: Closure;
  readonly incident: TrackedIncident;
  /** Made by hit credentials. */
  readonly tokens: readonly TokenId[];
  readonly now: Timestamp;
}

/**
 * One append when every hit certificate is done with: tokens are revoked, the key is blocked where it alone was
 * selected (a block takes all of a key's certificates along), the incident is contained and its gate narrowed.
 */
export const ending = async (
  ledger: Ledger,
  { closure, incident, tokens, now }: Ending,
): Promise<{ expectations: Expectation[]; events: NewEvent[] }> => {
  const { incidentId, selector } = closure;
  const contained = incidentDecider.decide({ type: 'ContainIncident', incidentId, now }, incident.state);
  if (contained.length === 0) return { expectations: [], events: [] };
  const key = Object.keys(selector).length === 1 ? selector.keyHash : undefined;
  const streams = [gateStream(), ...tokens.map(tokenStream), ...(key ? [keyStream(key)] : [])];
  const histories = await ledger.readStreams(streams);
  const eventsOf = (stream: string) => histories.get(stream)?.events ?? [];
  const { reason, invalidityDate } = incident.state.declared;
  const events: NewEvent[] = [];
  for (const tokenId of tokens) {
    const stream = tokenStream(tokenId);
    const state = fold(tokenDecider, eventsOf(stream));
    const decided = tokenDecider.decide({ type: 'RevokeToken', tokenId, now }, state);
    events.push(...decided.map((event) => ({ stream, ...event })));
  }
  if (key) {
    const stream = keyStream(key);
    const since = invalidityDate ? { invalidityDate } : {};
    const command = { type: 'BlockKey', keyHash: key, reason, now, ...since } as const;
    const decided = keyDecider.decide(command, fold(keyDecider, eventsOf(stream)));
    events.push(...decided.map((event) => ({ stream, ...event })));
  }
  events.push(...contained.map((event) => ({ stream: incident.stream, ...event })));
  events.push({ stream: gateStream(), type: 'GateNarrowed', data: { incidentId, narrowedAt: now } });
  const read = [...histories.values()].map(({ stream, version }) => ({ stream, version }));
  return { expectations: [{ stream: incident.stream, version: incident.version }, ...read], events };
};
