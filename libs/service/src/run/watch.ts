import { every, type Logger, type Metrics, type Shutdown } from '@cartulary/runtime';
import type { Relay, Transport } from '@cartulary/transport';

const RELAY_MS = 2_000;
const DEAD_LETTERS_MS = 60_000;

export interface Watching {
  readonly metrics: Metrics;
  readonly shutdown: Pick<Shutdown, 'register'>;
  readonly logger: Pick<Logger, 'warn'>;
}

/** Shows which process brings the ledger to Kafka, and how far that is behind. */
export const watchRelay = (relay: Pick<Relay, 'active' | 'lag'>, { metrics, shutdown, logger }: Watching): void => {
  const active = metrics.gauge('relay_active', { help: '1 in the one process that brings the ledger to Kafka' });
  const lag = metrics.gauge('relay_lag_events', { help: 'Events not known to be in Kafka; where it is active' });
  const look = (): void => {
    active.set(relay.active() ? 1 : 0);
    lag.set(relay.active() ? relay.lag() : 0);
  };
  const onError = (err: unknown): void => logger.warn({ err }, 'the relay’s lag is not known');
  const looking = every(RELAY_MS, look, { onError, immediately: true });
  shutdown.register('watch over the relay', () => looking.stop());
};

/** Shows what consumers have set aside; each process sees all of it. */
export const watchDeadLetters = (
  transport: Pick<Transport, 'poisonEvents'>,
  { metrics, shutdown, logger }: Watching,
  interval = DEAD_LETTERS_MS,
): void => {
  const help = 'Events that a consumer has set aside: work not done';
  const gauge = metrics.gauge('dead_letters', { help, labels: ['group'] });
  const look = async (): Promise<void> => {
    const counts = new Map<string, number>();
    for (const { group } of await transport.poisonEvents()) counts.set(group, (counts.get(group) ?? 0) + 1);
    gauge.reset();
    for (const [group, count] of counts) gauge.set({ group }, count);
  };
  const onError = (err: unknown): void => logger.warn({ err }, 'dead letters are not known');
  const looking = every(interval, look, { onError, immediately: true });
  shutdown.register('watch over dead letters', () => looking.stop());
};
