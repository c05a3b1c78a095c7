import type { Ledger, RecordedEvent, StreamName } from '@cartulary/ledger';

type Events = readonly RecordedEvent[];

/**
 * The histories of the streams that the events are of, whole and from the beginning: from the batch itself where it
 * holds them (new streams, which most are), else from the ledger. So what is projected follows from the stream
 * alone, whatever was delivered twice, late, or set aside before.
 */
export const historiesOf = async (ledger: Ledger, events: Events): Promise<ReadonlyMap<StreamName, Events>> => {
  const histories = new Map<StreamName, Events>();
  const torn: StreamName[] = [];
  for (const [stream, batch] of Map.groupBy(events, (event) => event.stream)) {
    const history = inOrder(batch);
    if (history.every(({ version }, index) => version === index + 1)) histories.set(stream, history);
    else torn.push(stream);
  }
  if (torn.length === 0) return histories;
  for (const [stream, history] of await ledger.readStreams(torn)) histories.set(stream, history.events);
  return histories;
};

const inOrder = (events: Events): Events =>
  [...new Map(events.map((event) => [event.version, event])).values()].sort((a, b) => a.version - b.version);
