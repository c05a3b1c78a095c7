import { type PoisonEvent } from '../transport.js';

/** A group's leadership: while it lasts, nobody else handles the group's events. */
export interface Lead {
  /** The last position that is done; 0 for a new group. */
  readonly position: number;
  /** Aborted when leadership was lost; another process may lead already. */
  readonly lost: AbortSignal;
  /** Rejects when leadership was lost: then nothing was kept. */
  keep(position: number): Promise<void>;
  release(): Promise<void>;
}

/** What the ledger transport keeps of its consumers. Methods reject when the store can't be reached. */
export interface ConsumerStore {
  /** Waits until this process leads the group; undefined when the signal came first. */
  lead(group: string, signal: AbortSignal): Promise<Lead | undefined>;
  setAside(event: Omit<PoisonEvent, 'id' | 'setAsideAt'>): Promise<void>;
  /** Of one group or of all, in the order of positions. */
  poisonEvents(group?: string): Promise<PoisonEvent[]>;
  forgetPoison(group: string, position: number): Promise<void>;
  close(): Promise<void>;
}
