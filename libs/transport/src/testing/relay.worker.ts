// A relay in a process of its own, to be stopped and killed: tells its parent whether it is active and how far it is.
import { PostgresLedger } from '@cartulary/ledger';
import { Relay } from '../relay/relay.js';
import { type LeadTiming } from '../relay/relay-lead.js';

const { url, brokers, timing } = JSON.parse(process.argv[2]!) as {
  url: string;
  brokers: string[];
  timing: Partial<LeadTiming>;
};
const ledger = new PostgresLedger({ url });
const relay = new Relay({
  ...{ ledger, timing, databaseUrl: url, kafka: { brokers }, trustDomain: 'cluster.local', overlap: 5 },
  ...(process.env['CARTULARY_TEST_TROUBLE']
    ? { onTrouble: (what, error) => process.send?.({ what, error: String(error) }) }
    : {}),
});
setInterval(() => process.send?.({ active: relay.active(), position: relay.position() }), 20);
process.once('disconnect', () => process.exit());
