import { createKafka } from './client.js';
import { type KafkaSettings } from './settings.js';

export interface KafkaReach {
  readonly reachable: boolean;
  /** That the cluster names. */
  readonly brokers: number;
  /** Why not: the broker's words or Node's. */
  readonly reason?: string;
}

/** Connects once and asks who is there. */
export const reachKafka = async (settings: KafkaSettings): Promise<KafkaReach> => {
  const admin = createKafka(settings).admin({ retry: { retries: 0 } });
  try {
    await admin.connect();
    const { brokers } = await admin.describeCluster();
    return { reachable: true, brokers: brokers.length };
  } catch (error) {
    return { reachable: false, brokers: 0, reason: (error as Error).message };
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
};
