import { type FollowBatch, type FollowOptions } from '@cartulary/ledger';
import { BackOff, type RetryOptions } from '../ledger/retry.js';
import { GroupSession } from './group-session.js';
import { aborted, type KafkaConnection } from './kafka-connection.js';
import { PositionMerge } from './position-merge.js';
import { hasRoom, receive } from './receive.js';
import { Wakeup } from './wakeup.js';

const DEFAULT_BATCH = 500;
/** Milliseconds: whoever is cut off is stale for that much longer than the broker was away. */
const LONGEST_PAUSE = 1_000;

/** Events that Kafka does not have any more: this reader has to start from the state topics. */
export class HistoryGoneError extends Error {
  readonly code = 'HISTORY_GONE';
  override readonly name = 'HistoryGoneError';
}

/** The ledger's tail as it comes through Kafka: same events, same order, and as fresh as the heartbeats say. */
export class KafkaTail {
  constructor(
    private readonly connection: KafkaConnection,
    private readonly retry: RetryOptions,
    /** Everything committed before it is known. */
    private readonly since: Date | undefined,
  ) {}

  /** As Ledger.follow; reads its topics from their beginning, or from the time that it was given. */
  async *follow({ after, signal, batchSize = DEFAULT_BATCH, types }: FollowOptions): AsyncIterable<FollowBatch> {
    const { connection } = this;
    const topics = connection.topicsOf(types);
    const longestPause = Math.min(LONGEST_PAUSE, this.retry.longestPause);
    const backOff = new BackOff({ ...this.retry, longestPause }, signal);
    const wakeup = new Wakeup();
    let merge: PositionMerge | undefined;
    while (!signal.aborted) {
      // A group of its own for each session: in the last one's, a broker that came back would wait for its members.
      const groupId = connection.temporaryGroup('follow');
      let session: GroupSession | undefined;
      try {
        const reading = (merge ??= new PositionMerge(await connection.bounds(topics, this.since), after));
        session = new GroupSession(connection.kafka, {
          groupId,
          topics,
          group: connection.group,
          assigned: () => reading.nextOffsets(),
          records: (partition, messages) => {
            const enough = receive(reading, partition, messages, (_, error) => this.trouble(error));
            wakeup.wake();
            return enough;
          },
        });
        await session.join();
        backOff.reset();
        yield* this.read(reading, session, wakeup, signal, { batchSize, ...(types ? { types } : {}) });
        if (session.error) this.trouble(session.error);
      } catch (error) {
        this.trouble(error);
        if (error instanceof HistoryGoneError) await aborted(signal);
      } finally {
        await session?.leave();
        const deleted = connection.deleteGroup(groupId);
        if (signal.aborted) await deleted;
      }
      await backOff.pause();
    }
  }

  private async *read(
    merge: PositionMerge,
    session: GroupSession,
    wakeup: Wakeup,
    signal: AbortSignal,
    { batchSize, types }: { batchSize: number; types?: readonly string[] },
  ): AsyncIterable<FollowBatch> {
    const ended = AbortSignal.any([signal, session.ended]);
    while (!ended.aborted) {
      if (merge.truncated.size > 0) {
        throw new HistoryGoneError(`events have been deleted from ${[...merge.truncated].join(', ')}`);
      }
      const batch = merge.take(batchSize);
      if (!batch) {
        await wakeup.wait(ended);
        continue;
      }
      yield types ? { ...batch, events: batch.events.filter(({ type }) => types.includes(type)) } : batch;
      merge.keep(batch.position);
      session.resume(hasRoom(merge));
    }
  }

  private trouble(error: unknown): void {
    this.connection.onTrouble('kafka follower', error);
  }
}
