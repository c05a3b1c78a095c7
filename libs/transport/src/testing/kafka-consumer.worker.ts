// A consumer of Kafka's in a process of its own, to be killed: tells its parent of each event that it handles.
import { KafkaTransport } from '../kafka/kafka-transport.js';

const [brokers, group] = process.argv.slice(2) as [string, string];
const transport = new KafkaTransport(
  { brokers: brokers.split(',') },
  { group: { sessionTimeout: 6_000, heartbeatInterval: 500 } },
);
transport.consume({
  group,
  types: ['KeyBlocked'],
  handle: (events) => {
    for (const { position } of events) process.send!(position);
    return Promise.resolve();
  },
});
process.once('disconnect', () => process.exit());
