import { setTimeout as sleep } from 'node:timers/promises';
import { poisonId, type PoisonEvent } from '../transport.js';
import { type ConsumerStore, type Lead } from '../ledger/consumer-store.js';

const STANDBY_MS = 5;

/** Groups of one process. */
export class InMemoryConsumerStore implements ConsumerStore {
  private readonly positions = new Map<string, number>();
  private readonly leads = new Map<string, AbortController>();
  private poison: PoisonEvent[] = [];

  async lead(group: string, signal: AbortSignal): Promise<Lead | undefined> {
    while (this.leads.has(group) && !signal.aborted) {
      await sleep(STANDBY_MS, undefined, { signal }).catch(() => undefined);
    }
    if (signal.aborted) return undefined;
    const lost = new AbortController();
    this.leads.set(group, lost);
    return {
      position: this.positions.get(group) ?? 0,
      lost: lost.signal,
      keep: (position) => {
        if (lost.signal.aborted) return Promise.reject(new Error('leadership was lost'));
        this.positions.set(group, Math.max(position, this.positions.get(group) ?? 0));
        return Promise.resolve();
      },
      release: () => {
        if (this.leads.get(group) === lost) this.leads.delete(group);
        return Promise.resolve();
      },
    };
  }

  /** As when the active process's connection is lost. */
  depose(group: string): void {
    this.leads.get(group)?.abort();
    this.leads.delete(group);
  }

  setAside(event: Omit<PoisonEvent, 'id' | 'setAsideAt'>): Promise<void> {
    const others = this.poison.filter(({ group, position }) => group !== event.group || position !== event.position);
    const setAsideAt = new Date(performance.timeOrigin + performance.now());
    this.poison = [...others, { ...event, id: poisonId(event.group, event.position), setAsideAt }];
    return Promise.resolve();
  }

  poisonEvents(group?: string): Promise<PoisonEvent[]> {
    const ours = this.poison.filter((event) => event.group === (group ?? event.group));
    return Promise.resolve(ours.sort((a, b) => a.position - b.position));
  }

  forgetPoison(group: string, position: number): Promise<void> {
    this.poison = this.poison.filter((event) => event.group !== group || event.position !== position);
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
