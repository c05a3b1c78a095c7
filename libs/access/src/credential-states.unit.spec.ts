import { type RecordedEvent, type StreamHistory } from '@cartulary/ledger';
import { InMemoryLedger, noteAt } from '@cartulary/ledger/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { CredentialStates } from './credential-states.js';

/** Counts what is asked of it, and can keep an answer back. */
class WatchedLedger extends InMemoryLedger {
  readonly read: string[][] = [];
  asked = 0;
  /** The next reads wait for these, one each, after their snapshot was taken. */
  readonly delays: Promise<void>[] = [];

  override async heads(streams: readonly string[]) {
    this.asked++;
    return super.heads(streams);
  }
  override async readStreams(streams: readonly string[]): Promise<Map<string, StreamHistory>> {
    this.read.push([...streams]);
    const delay = this.delays.shift();
    const snapshot = await super.readStreams(streams);
    await delay;
    return snapshot;
  }
}

const count = (events: readonly RecordedEvent[]): number => events.length;

describe('CredentialStates', () => {
  let ledger: WatchedLedger;
  let states: CredentialStates;
  beforeEach(async () => {
    ledger = new WatchedLedger();
    states = new CredentialStates(ledger);
    await ledger.append(noteAt('token-a'));
    await ledger.append(noteAt('token-b'));
  });
  const of = (...streams: string[]) => states.of(streams.map((stream) => ({ stream, read: count })));

  it('asks for the versions every time and reads only what has moved on', async () => {
    expect(await of('token-a', 'token-b')).toEqual([1, 1]);
    expect(await of('token-a', 'token-b')).toEqual([1, 1]);
    await ledger.append(noteAt('token-b', 1));
    expect(await of('token-a', 'token-b')).toEqual([1, 2]);
    expect(ledger.asked).toBe(3);
    expect(ledger.read).toEqual([['token-a', 'token-b'], ['token-b']]);
  });

  it('neither reads nor keeps what does not exist', async () => {
    expect(await of('token-made-up')).toEqual([0]);
    expect(ledger.read).toEqual([]);
    await ledger.append(noteAt('token-made-up'));
    expect(await of('token-made-up')).toEqual([1]);
  });

  it('never answers with a state that is older than its own request', async () => {
    let release!: () => void;
    const held = new Promise<void>((resolve) => (release = resolve));
    // A slow request has read token-a before the revocation …
    ledger.delays.push(held);
    const slow = of('token-a');
    await new Promise((resolve) => setImmediate(resolve));
    await ledger.append(noteAt('token-a', 1));
    expect(await of('token-a')).toEqual([2]);
    // … and answers while another one, which knows better, is waiting for its second stream.
    let proceed!: () => void;
    ledger.delays.push(new Promise<void>((resolve) => (proceed = resolve)));
    const other = of('token-a', 'token-b');
    await new Promise((resolve) => setImmediate(resolve));
    release();
    await slow;
    proceed();
    expect(await other).toEqual([2, 1]);
    expect(await of('token-a')).toEqual([2]);
  });

  it('refuses to answer while the ledger is away, whatever it remembers', async () => {
    await of('token-a');
    ledger.unavailable = true;
    await expect(of('token-a')).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
  });
});
