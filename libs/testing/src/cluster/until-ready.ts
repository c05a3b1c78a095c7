import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceName, ServiceProcess } from '../service-process.js';
import type { Cluster } from './cluster.js';

const PATIENCE_MS = 90_000;
const services: readonly ServiceName[] = ['issuance', 'revocation', 'rotation', 'responder', 'inventory'];

export interface ReadyOptions {
  /** All replicas of one service are ready. */
  readonly onReady?: (service: ServiceName, replicas: readonly ServiceProcess[]) => void;
  readonly signal?: AbortSignal;
}

/** Waits until each process of the cluster says that it is ready; rejects after 90 s. */
export const untilReady = async (cluster: Cluster, { onReady, signal }: ReadyOptions = {}): Promise<void> => {
  const patience = AbortSignal.any([AbortSignal.timeout(PATIENCE_MS), ...(signal ? [signal] : [])]);
  const waiting = services.map(async (service) => {
    const replicas = cluster.of(service);
    for (const process of replicas) {
      while (!(await isReady(cluster, process))) await sleep(50, undefined, { signal: patience });
    }
    onReady?.(service, replicas);
  });
  const outcomes = await Promise.allSettled(waiting);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
};

const isReady = async (cluster: Cluster, process: ServiceProcess): Promise<boolean> => {
  try {
    return (await cluster.client(process, 'anybody').getReadiness()).ready;
  } catch {
    return false;
  }
};
