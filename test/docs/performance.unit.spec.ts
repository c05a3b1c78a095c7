import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

interface Judged {
  readonly goal: { readonly id: string };
  readonly verdict?: 'met' | 'missed';
  readonly aim: boolean;
}
interface Bench {
  readonly goals: readonly { readonly id: string; readonly group: string }[];
  readResults(): Promise<readonly { readonly group: string; readonly goals: Readonly<Record<string, unknown>> }[]>;
  measuredPart(results: readonly object[]): { plots: readonly { readonly name: string }[]; text: string };
  withMeasured(page: string, text: string): string;
  plot(series: object): string;
  judged(results: readonly object[]): readonly Judged[];
  printed(rows: readonly Judged[]): string;
  spread(samples: readonly number[]): object;
  ratio(samples: readonly number[], references: readonly number[]): object;
  percentile(samples: readonly number[], share: number): number;
  rounds(count: number, contestants: Record<string, (round: number) => Promise<string>>): Promise<object>;
}

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
// Plain JavaScript that runs without a build, so the compiler knows nothing of it.
const modules = ['goals', 'lib/summary', 'lib/document', 'lib/plot', 'lib/statistics', 'lib/rounds'];
const parts = await Promise.all(modules.map((name) => import(at(`bench/${name}.mjs`)) as Promise<Partial<Bench>>));
const bench = Object.assign({}, ...parts) as Bench;

describe('docs/performance.md', () => {
  it('says what bench/results say', async () => {
    const page = readFileSync(at('docs/performance.md'), 'utf8');
    const { plots, text } = bench.measuredPart(await bench.readResults());
    expect(page, 'run `npm run bench:document`').toBe(bench.withMeasured(page, text));
    for (const series of plots) {
      expect(readFileSync(at(`docs/performance/${series.name}.svg`), 'utf8')).toBe(bench.plot(series));
    }
  });

  it('is made of results that know no other goals than the table', async () => {
    const known = bench.goals.map(({ id, group }) => `${group} ${id}`);
    const results = await bench.readResults();
    const measured = results.flatMap(({ group, goals }) => Object.keys(goals).map((id) => `${group} ${id}`));
    expect(known).toEqual(expect.arrayContaining(measured));
  });
});

describe('the goals’ table', () => {
  const rows = (values: Record<string, object>): string =>
    bench.printed(bench.judged([{ group: 'inventory', goals: values }]));

  it('judges by the least that is to be reached', () => {
    expect(rows({ 'inventory-identity': { value: 19 } })).toMatch(/19 ms +≤ 20 ms +≤ 5 ms +met\n1 met, 0 missed$/);
    expect(rows({ 'inventory-identity': { value: 21 } })).toMatch(/missed\n0 met, 1 missed$/);
  });

  it('says by name what was not measured, and counts it as neither', () => {
    expect(rows({ 'inventory-identity': { missing: 'no Postgres' } })).toMatch(/no Postgres\n0 met, 0 missed$/);
    expect(rows({})).toMatch(/its group gave no figure\n0 met, 0 missed$/);
  });
});

describe('figures', () => {
  it('are medians with their spread, and ratios round by round', () => {
    expect(bench.spread([3, 1, 2])).toEqual({ value: 2, min: 1, max: 3, count: 3 });
    expect(bench.spread([4, 2])).toEqual({ value: 3, min: 2, max: 4, count: 2 });
    expect(bench.ratio([10, 40, 30], [10, 10, 10])).toEqual({ value: 3, min: 1, max: 4, count: 3 });
    expect(bench.percentile([5, 1, 3], 0.5)).toBe(3);
    expect(() => bench.spread([])).toThrow('nothing was measured');
  });

  it('come from rounds, every other one backwards', async () => {
    const order: string[] = [];
    const turn = (name: string) => async (round: number) => (order.push(`${name}${round}`), name);
    expect(await bench.rounds(2, { a: turn('a'), b: turn('b') })).toEqual({ a: ['a', 'a'], b: ['b', 'b'] });
    expect(order).toEqual(['a0', 'b0', 'b1', 'a1']);
  });
});
