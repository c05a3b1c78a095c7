import { beforeEach, describe, expect, it } from 'vitest';
import { LedgerUnavailableError } from '../errors.js';
import { GatheredReads } from './gathered-reads.js';

interface Sent {
  readonly names: readonly string[];
  readonly answer: () => void;
  readonly fail: (error: unknown) => void;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('GatheredReads', () => {
  let sent: Sent[];
  let version: number;
  let reads: GatheredReads<number>;
  beforeEach(() => {
    sent = [];
    version = 1;
    reads = new GatheredReads(
      (names) =>
        new Promise((resolve, fail) => {
          // What Postgres would see when the query is sent.
          const seen = version;
          sent.push({ names, fail, answer: () => resolve(new Map(names.map((name) => [name, seen]))) });
        }),
    );
  });
  const of = async (...names: string[]) => (await reads.of(names)).get(names[0]!);

  it('sends one query for all who ask in one turn, each name once', async () => {
    const asked = [of('a', 'b'), of('b'), of('c')];
    await turn();
    expect(sent.map(({ names }) => names)).toEqual([['a', 'b', 'c']]);
    sent[0]!.answer();
    expect(await Promise.all(asked)).toEqual([1, 1, 1]);
  });

  it('lets those who come while two are under way share the next', async () => {
    const first = of('a');
    await turn();
    const second = of('b');
    await turn();
    const later = [of('c'), of('d')];
    await turn();
    expect(sent.map(({ names }) => names)).toEqual([['a'], ['b']]);
    sent[0]!.answer();
    await first;
    await turn();
    expect(sent.at(-1)?.names).toEqual(['c', 'd']);
    sent.forEach(({ answer }) => answer());
    expect(await Promise.all([second, ...later])).toEqual([1, 1, 1]);
  });

  it('waits a moment for others where there were others just now', async () => {
    const asked: (readonly string[])[] = [];
    const patient = new GatheredReads<number>((names) => {
      asked.push(names);
      return Promise.resolve(new Map());
    }, 20);
    await Promise.all([patient.of(['a']), patient.of(['b'])]);
    const later = [patient.of(['c'])];
    await turn();
    await turn();
    expect(asked).toEqual([['a', 'b']]);
    later.push(patient.of(['d']));
    await Promise.all(later);
    expect(asked).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
  });

  it('never answers with what was read before the question', async () => {
    const before = of('a');
    await turn();
    version = 2;
    const after = of('a');
    await turn();
    sent.forEach(({ answer }) => answer());
    expect(await Promise.all([before, after])).toEqual([1, 2]);
  });

  it('keeps the names of one asker together, however many', async () => {
    const many = Array.from({ length: 1_500 }, (_, index) => `many-${index}`);
    const asked = [of('a'), of(...many), of('b')];
    await turn();
    await turn();
    expect(sent.map(({ names }) => names.length)).toEqual([1, 1_500]);
    sent[0]!.answer();
    await asked[0];
    await turn();
    expect(sent.at(-1)?.names).toEqual(['b']);
    sent.forEach(({ answer }) => answer());
    expect(await Promise.all(asked)).toEqual([1, 1, 1]);
  });

  it('tells all that the ledger is away, and asks again for each where one may be to blame', async () => {
    const lost = [of('a'), of('b')];
    await turn();
    sent[0]!.fail(new LedgerUnavailableError('away'));
    const outcomes = await Promise.allSettled(lost);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);

    const [bad, good] = [of('bad'), of('good')];
    await turn();
    sent[1]!.fail(new Error('invalid byte sequence'));
    await turn();
    sent[2]!.fail(new Error('invalid byte sequence'));
    sent[3]!.answer();
    await expect(bad).rejects.toThrow('invalid byte sequence');
    expect(await good).toBe(1);
  });
});
