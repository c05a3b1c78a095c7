import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FoldedEvent } from '../fold/responder-state.js';
import { Journal } from './journal.js';

const event = (position: number): FoldedEvent => ({
  ...{ type: 'CertificateIssued', position, version: 1 },
  data: { serial: String(position), certificate: 'AAAA' },
});

describe('Journal', () => {
  let directory: string;
  let path: string;
  let journal: Journal;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'journal-'));
    path = join(directory, 'state.snapshot');
    journal = new Journal(path);
  });
  afterEach(() => {
    journal.close();
    rmSync(directory, { recursive: true });
  });

  const positions = async (after: number) =>
    (await new Journal(path).read(after)).events.map(({ position }) => position);
  const file = (after: number) => `${path}.${after}.journal`;

  it('gives back what was noted after a position, once, and leaves certificates’ bytes out', async () => {
    journal.note([event(1)]);
    journal.begin(1);
    journal.note([event(2), event(3)]);
    journal.note([event(2), event(3), event(4)]);
    journal.noteFreshness(new Date(5_000));
    journal.begin(4);
    journal.note([event(5)]);
    expect(await positions(1)).toEqual([2, 3, 4, 5]);
    expect(await positions(3)).toEqual([4, 5]);
    const { events, asOf } = await new Journal(path).read(4);
    expect(events).toEqual([{ ...event(5), data: { serial: '5', certificate: '' } }]);
    expect(asOf).toEqual(new Date(5_000));
    expect(statSync(file(4)).mode & 0o777).toBe(0o600);
  });

  it('ends where a crash has torn a line', async () => {
    journal.begin(1);
    journal.note([event(2), event(3)]);
    truncateSync(file(1), statSync(file(1)).size - 5);
    expect(await positions(1)).toEqual([2]);
    appendFileSync(file(1), 'what came of it\n');
    expect(await positions(1)).toEqual([2]);
  });

  it('says when a line can’t be written, and is not believed beyond that until the next snapshot', async () => {
    journal.begin(1);
    journal.note([event(2)]);
    symlinkSync('/dev/full', file(2));
    expect(() => journal.begin(2)).toThrow(/ENOSPC/);
    rmSync(file(2));
    journal.note([event(3)]);
    journal.begin(4);
    journal.note([event(5)]);
    expect(await positions(1)).toEqual([2]);
    expect(await positions(4)).toEqual([5]);
  });

  it('is cleared of what a snapshot holds', async () => {
    journal.begin(9);
    journal.begin(5);
    await journal.forget();
    expect(readdirSync(directory)).toEqual(['state.snapshot.5.journal']);
    journal.close();
    await journal.forget();
    expect(readdirSync(directory)).toEqual([]);
  });
});
