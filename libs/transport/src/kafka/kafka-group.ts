import { type FollowBatch, type FollowOptions } from '@cartulary/ledger';
import { type KafkaMessage } from 'kafkajs';
import { type Lead } from '../ledger/consumer-store.js';
import { reasonOf } from '../ledger/handle-batch.js';
import { type PoisonEvent } from '../transport.js';
import { type DeadLetters } from './dead-letters.js';
import { GroupSession, type PartitionName } from './group-session.js';
import { dataBytes } from './event-record.js';
import { aborted, type KafkaConnection } from './kafka-connection.js';
import { PositionMerge } from './position-merge.js';
import { hasRoom, receive } from './receive.js';
import { Wakeup } from './wakeup.js';

const DEFAULT_BATCH = 500;

interface Reading {
  readonly session: GroupSession;
  readonly merge: PositionMerge;
  readonly wakeup: Wakeup;
  readonly lost: AbortController;
  readonly committed: Map<PartitionName, bigint>;
}

/**
 * A durable consumer group: one member has all partitions and handles in the ledger's order, the others stand by.
 * Offsets are committed when the handler is done, with the position in their metadata: what a new owner reads again
 * below it, it passes over. Seen from the consumer it is a ledger's tail and the store of its leadership in one.
 */
export class KafkaGroup {
  private reading: Reading | undefined;
  private readonly settingAside: Promise<void>[] = [];

  constructor(
    private readonly connection: KafkaConnection,
    private readonly deadLetters: DeadLetters,
    private readonly group: string,
    private readonly topics: readonly string[],
  ) {}

  /** Joins, and waits until this member has the partitions; undefined when the signal came first. */
  async lead(_: string, signal: AbortSignal): Promise<Lead | undefined> {
    const { connection, topics } = this;
    const groupId = connection.topic(this.group);
    const lost = new AbortController();
    const wakeup = new Wakeup();
    const owned = new AbortController();
    let merge: PositionMerge | undefined;
    const session = new GroupSession(connection.kafka, {
      groupId,
      topics,
      group: connection.group,
      assigned: (owns) => {
        if (!owns) {
          if (owned.signal.aborted) lost.abort();
          return undefined;
        }
        owned.abort();
        // Still the owner after a standby came or went: goes on where it is.
        return merge?.nextOffsets();
      },
      records: (partition, messages) => {
        early.push([partition, messages]);
        return merge ? drain(merge) : false;
      },
    });
    // What comes before the position is known waits.
    const early: [PartitionName, readonly KafkaMessage[]][] = [];
    const drain = (into: PositionMerge): boolean => {
      let enough = false;
      for (const [partition, messages] of early.splice(0)) {
        enough = receive(into, partition, messages, (message, error) => this.malformed(partition, message, error));
      }
      wakeup.wake();
      return enough;
    };
    session.ended.addEventListener('abort', () => lost.abort());
    try {
      await session.join();
      await aborted(AbortSignal.any([owned.signal, session.ended, signal]));
      if (session.error) throw session.error;
      if (signal.aborted) {
        await session.leave();
        return undefined;
      }
      const position = await this.position(groupId);
      merge = new PositionMerge(await connection.bounds(topics), position);
      drain(merge);
      this.reading = { session, merge, wakeup, lost, committed: new Map() };
      return {
        position,
        lost: lost.signal,
        keep: (done) => this.keep(done),
        release: () => session.leave(),
      };
    } catch (error) {
      await session.leave();
      throw error;
    }
  }

  private async position(groupId: string): Promise<number> {
    const admin = await this.connection.admin();
    const kept = await admin.fetchOffsets({ groupId, topics: [...this.topics] });
    return Math.max(0, ...kept.flatMap(({ partitions }) => partitions.map(({ metadata }) => Number(metadata) || 0)));
  }

  /** The group's events after the lead's position, for as long as the lead lasts. */
  async *follow({ signal, batchSize = DEFAULT_BATCH, types }: FollowOptions): AsyncIterable<FollowBatch> {
    const { reading } = this;
    if (!reading) return;
    const { merge, session, wakeup } = reading;
    while (!signal.aborted) {
      if (merge.truncated.size > 0) this.truncated(merge);
      const batch = merge.take(batchSize);
      if (!batch) {
        await wakeup.wait(signal);
        continue;
      }
      yield types ? { ...batch, events: batch.events.filter(({ type }) => types.includes(type)) } : batch;
      session.resume(hasRoom(merge));
    }
  }

  // The group goes on with what there is: the operator has to know what it did not get.
  private truncated(merge: PositionMerge): void {
    const partitions = [...merge.truncated].join(', ');
    this.connection.onTrouble(
      `consumer ${this.group}`,
      new Error(`events have been deleted unread from ${partitions}`),
    );
    merge.truncated.clear();
  }

  private async keep(position: number): Promise<void> {
    const { session, merge, lost, committed } = this.reading!;
    merge.keep(position);
    const settingAside = this.settingAside.splice(0);
    const offsets = merge.offsets();
    const changed = [...offsets].filter(([partition, offset]) => committed.get(partition) !== offset);
    // The position must be kept also where no offset has moved.
    const commit = new Map(changed.length > 0 ? changed : [...offsets].slice(0, 1));
    try {
      await Promise.all(settingAside);
      await session.commit(commit, String(position));
      for (const [partition, offset] of commit) committed.set(partition, offset);
    } catch (error) {
      lost.abort();
      throw error;
    }
  }

  // Kept as done only when it lies among the dead letters.
  private malformed(partition: PartitionName, { headers = {}, value, offset }: KafkaMessage, error: unknown): void {
    this.connection.onTrouble(`consumer ${this.group}`, error);
    const place = { partition, offset: BigInt(offset) };
    const setAside = this.deadLetters.setAside({
      ...{ group: this.group, reason: reasonOf(error), attempts: 1 },
      ...{ headers, value, place },
    });
    setAside.catch(() => undefined);
    this.settingAside.push(setAside);
  }

  setAside({ group, position, reason, attempts }: Omit<PoisonEvent, 'id' | 'setAsideAt'>): Promise<void> {
    const held = this.reading?.merge.find(position);
    if (!held) throw new Error(`the event at position ${position} is not being handled`);
    const { headers, event, ...place } = held;
    return this.deadLetters.setAside({ group, reason, attempts, headers, value: dataBytes(event), place });
  }
}
