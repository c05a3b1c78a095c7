import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { Metrics } from '@cartulary/runtime';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ResponderState } from '../fold/responder-state.js';
import { AnyHistory, steps } from '../testing/any-history.fixture.spec.js';
import { whole } from '../testing/whole-crl.fixture.spec.js';
import { Snapshots } from './snapshots.js';

const RETENTION = 3_600_000;

describe('Snapshots', () => {
  let directory: string;
  let path: string;
  let metrics: Metrics;
  beforeEach(() => {
    Logger.overrideLogger(false);
    directory = mkdtempSync(join(tmpdir(), 'snapshots-'));
    path = join(directory, 'responder', 'state.snapshot');
    metrics = new Metrics({ process: false });
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const snapshotsOf = ({ clock }: AnyHistory, trustDomain = 'cluster.local') =>
    new Snapshots({ path, trustDomain, interval: 1_000 }, clock, new Metrics({ process: false }));
  const folded = (history: AnyHistory, asOf = history.clock.now()): ResponderState => {
    const state = new ResponderState(RETENTION);
    state.fold(history.events, history.clock.now());
    state.crls.materialise((error) => expect.fail(String(error)));
    state.refresh(asOf);
    return state;
  };
  const said = (state: ResponderState, { issuers, certificates }: AnyHistory) => ({
    statuses: certificates.map(({ issuer, serial }) => state.statuses.find(issuer.issuerId, serial)),
    crls: issuers.map(({ issuerId }) => whole(state.crls.find(issuerId))),
    deltas: issuers.map(({ issuerId }) => whole(state.crls.findDelta(issuerId))),
    bundle: state.bundle.json().toString(),
    issuers: state.issuers.all(),
    ...{ position: state.position, asOf: state.asOf, size: state.statuses.size },
  });
  const written = async (): Promise<AnyHistory> => {
    const history = await AnyHistory.start();
    for (const what of ['issue', 'revoke', 'publish', 'prepare'] as const) {
      await history.take({ what, which: 0, reason: 'keyCompromise', minutes: 1 });
    }
    await snapshotsOf(history).write(folded(history));
    return history;
  };

  it('bring back all that was known, and what follows finds it as it was', async () => {
    await fc.assert(
      fc.asyncProperty(steps, steps, async (before, after) => {
        const history = await AnyHistory.start();
        for (const step of before) await history.take(step);
        const old = folded(history);
        await snapshotsOf(history).write(old);
        const restored = new ResponderState(RETENTION);
        expect(await snapshotsOf(history).restore(restored)).toBe(true);
        expect(said(restored, history)).toEqual(said(old, history));

        const from = history.events.length;
        for (const step of after) await history.take(step);
        for (const state of [old, restored]) {
          state.fold(history.events.slice(from), history.clock.now());
          state.crls.materialise((error) => expect.fail(String(error)));
        }
        expect(said(restored, history)).toEqual(said(old, history));
      }),
      { numRuns: process.env['CARTULARY_FULL'] ? 500 : 20 },
    );
  }, 600_000);

  it('bring back with their journal whatever was folded since, to the last that was said', async () => {
    // A start folds what is noted with the time of the start, at which what has ended long since is passed over.
    const soon = steps.map((taken) => taken.map((step) => ({ ...step, minutes: 0 })));
    await fc.assert(
      fc.asyncProperty(steps, soon, soon, fc.boolean(), async (before, after, later, again) => {
        rmSync(join(directory, 'responder'), { recursive: true, force: true });
        const history = await AnyHistory.start();
        for (const step of before) await history.take(step);
        const state = folded(history);
        let snapshots = snapshotsOf(history);
        await snapshots.write(state);
        const goOn = async (on: ResponderState, taken: typeof after): Promise<void> => {
          for (const step of taken) {
            const from = history.events.length;
            await history.take(step);
            const events = history.events.slice(from);
            snapshots.note(events);
            on.fold(events, history.clock.now());
            on.crls.materialise((error) => expect.fail(String(error)));
            snapshots.noteFreshness(history.clock.now());
            on.refresh(history.clock.now());
          }
        };
        const killed = async (): Promise<ResponderState> => {
          snapshots = snapshotsOf(history);
          const restored = new ResponderState(RETENTION);
          expect(await snapshots.restore(restored)).toBe(true);
          restored.crls.materialise((error) => expect.fail(String(error)));
          return restored;
        };
        await goOn(state, after);
        const second = await killed();
        expect(said(second, history)).toEqual(said(state, history));
        if (again) await snapshots.write(second);
        await goOn(second, later);
        expect(said(await killed(), history)).toEqual(said(second, history));
      }),
      { numRuns: process.env['CARTULARY_FULL'] ? 500 : 20 },
    );
  }, 600_000);

  it('vouch for no time that our clock has not seen', async () => {
    const history = await written();
    history.clock.advance(-60_000);
    const restored = new ResponderState(RETENTION);
    await snapshotsOf(history).restore(restored);
    expect(restored.asOf).toEqual(history.clock.now());
  });

  it('are not written before anything is known for sure, and are their owner’s alone', async () => {
    const history = await AnyHistory.start();
    await snapshotsOf(history).write(new ResponderState(RETENTION));
    expect(readdirSync(directory)).toEqual([]);
    await snapshotsOf(history).write(folded(history));
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('go on writing what is true while it changes under them', async () => {
    const history = await written();
    const state = folded(history);
    const writing = snapshotsOf(history).write(state);
    const from = history.events.length;
    for (let which = 1; which < 4; which++) {
      await history.take({ what: 'issue', which, reason: 'unspecified', minutes: 0 });
      await history.take({ what: 'revoke', which, reason: 'superseded', minutes: 0 });
      state.fold(history.events.slice(from), history.clock.now());
    }
    await writing;
    const restored = new ResponderState(RETENTION);
    await snapshotsOf(history).restore(restored);
    expect(restored.position).toBe(from);
    restored.fold(history.events.slice(from), history.clock.now());
    state.crls.materialise((error) => expect.fail(String(error)));
    expect(said(restored, history)).toEqual(said(state, history));
  });

  const damage: readonly (readonly [name: string, (content: Buffer) => Buffer])[] = [
    ['torn', (content) => content.subarray(0, content.length - 700)],
    ['torn at its first line', (content) => content.subarray(0, 10)],
    ['empty', () => Buffer.alloc(0)],
    ['longer than it was', (content) => Buffer.concat([content, Buffer.alloc(9)])],
    ['of another format', (content) => Buffer.concat([Buffer.from('cartulary responder snapshot 0\n'), content])],
    ['something else', () => Buffer.from('{"position":1}')],
    ['changed by a bit', (content) => content.with(-500, content.at(-500)! ^ 1) as Buffer],
    ['of a length that is not there', (content) => Buffer.from(content).fill(0xff, 31, 35)],
  ];
  it.each(damage)('are discarded with a warning when they are %s', async (_name, change) => {
    const history = await written();
    writeFileSync(path, change(readFileSync(path)));
    const snapshots = new Snapshots({ path, trustDomain: 'cluster.local', interval: 1_000 }, history.clock, metrics);
    const state = new ResponderState(RETENTION);
    expect(await snapshots.restore(state)).toBe(false);
    expect([state.position, state.asOf, state.statuses.size]).toEqual([0, undefined, 0]);
    expect(await metrics.render()).toContain('cartulary_responder_snapshots_discarded_total 1');
  });

  it('are not taken from another trust domain, nor looked for where there are none', async () => {
    const history = await written();
    expect(await snapshotsOf(history, 'other.example').restore(new ResponderState(RETENTION))).toBe(false);
    rmSync(path);
    expect(await snapshotsOf(history).restore(new ResponderState(RETENTION))).toBe(false);
  });

  it('leave the last one where it is when the next can’t be written, and clear away what a crash left', async () => {
    const history = await written();
    const before = readFileSync(path);
    const state = folded(history);
    const dump = state.dump()!;
    state.dump = () => ({
      ...dump,
      statuses: {
        ...dump.statuses,
        page: () => {
          throw new Error('the disk is full');
        },
      },
    });
    await expect(snapshotsOf(history).write(state)).rejects.toThrow('the disk is full');
    expect(readFileSync(path)).toEqual(before);
    writeFileSync(`${path}.0badf00d.tmp`, 'torn');
    expect(await snapshotsOf(history).restore(new ResponderState(RETENTION))).toBe(true);
    expect(readdirSync(join(directory, 'responder')).filter((name) => !name.endsWith('.journal'))).toEqual([
      'state.snapshot',
    ]);
  });
});
