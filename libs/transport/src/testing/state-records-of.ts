import { type Ledger, type RecordedEvent } from '@cartulary/ledger';
import { StateFold } from '../relay/state-fold.js';
import { type StateRecord } from '../relay/state-record.js';

/** What the relay writes to the state topics while it brings these events, which are a ledger's first. */
export const stateRecordsOf = async (events: readonly RecordedEvent[]): Promise<StateRecord[]> => {
  const ledger: Pick<Ledger, 'readAll' | 'readStreams'> = {
    readAll: ({ after, limit, types }) => {
      const found = events.filter(({ position, type }) => position > after && (types?.includes(type) ?? true));
      return Promise.resolve(found.slice(0, limit));
    },
    readStreams: (streams) => {
      const history = (stream: string) => events.filter((event) => event.stream === stream);
      return Promise.resolve(
        new Map(streams.map((stream) => [stream, { stream, version: 0, events: history(stream) }])),
      );
    },
  };
  const fold = await StateFold.at(ledger as Ledger, 0);
  const streams = await fold.streams(events);
  const records: StateRecord[] = [];
  for (const event of events) records.push(...(await fold.records(event, streams)));
  return records;
};
