import { describe, expect, it } from 'vitest';
import { type AgentRow, type ContextRow, enforcementOf } from './report.js';

const since = new Date('2026-11-22T12:00:00.000Z');
const after = (ms: number): Date => new Date(since.getTime() + ms);
const agent = (node: string, present = true): AgentRow => ({ node, present, since });
const context = (node: string, said: Partial<ContextRow> = {}): ContextRow => ({
  ...{ node, proxy: 'envoy', context: 'inbound', delivered: null, enforced: null, rejected: null },
  ...said,
});

describe('enforcement', () => {
  it('is of nobody where nobody has ever been', () =>
    expect(enforcementOf([], [], since)).toEqual({
      ...{ nodes: { known: 0, present: 0 }, proxies: 0, delivered: { proxies: 0 }, enforced: { proxies: 0 } },
      ...{ stragglers: [], moreStragglers: 0 },
    }));

  it('is not what is delivered', () => {
    const report = enforcementOf([agent('a')], [context('a', { delivered: after(20) })], since);
    expect(report.delivered).toEqual({ proxies: 1, p50: 20, p99: 20 });
    expect(report.enforced).toEqual({ proxies: 0 });
    expect(report.stragglers).toMatchObject([{ node: 'a', proxy: 'envoy', context: 'inbound', why: 'not-enforced' }]);
  });

  it('is a proxy’s when the last of its contexts enforces', () => {
    const rows = [
      context('a', { delivered: after(5), enforced: after(30) }),
      context('a', { context: 'outbound', delivered: after(7), enforced: after(90) }),
      context('b', { delivered: after(5), enforced: after(10) }),
      context('b', { context: 'outbound', delivered: after(9) }),
    ];
    const report = enforcementOf([agent('a'), agent('b')], rows, since);
    expect(report).toMatchObject({
      proxies: 2,
      delivered: { proxies: 2, p50: 7, p99: 9 },
      enforced: { proxies: 1, p50: 90, p99: 90 },
      stragglers: [{ node: 'b', context: 'outbound', why: 'not-enforced' }],
    });
  });

  it('names agents that are away first, whatever their proxies had said', () => {
    const rows = [context('b', { delivered: after(5), enforced: after(10) }), context('c')];
    const report = enforcementOf([agent('a'), agent('b', false), agent('c')], rows, since);
    expect(report.nodes).toEqual({ known: 3, present: 2 });
    expect(report.enforced.proxies).toBe(1);
    expect(report.stragglers).toEqual([
      { node: 'b', why: 'away', since: since.toISOString() },
      { node: 'a', why: 'not-delivered' },
      { node: 'c', proxy: 'envoy', context: 'inbound', why: 'not-delivered' },
    ]);
  });

  it.each([
    ['refused and never enforced', { delivered: after(1), rejected: after(2) }, 'rejected'],
    ['refused after it had been enforced', { enforced: after(1), rejected: after(2) }, 'rejected'],
    ['enforced after it had been refused', { enforced: after(3), rejected: after(2) }, undefined],
    ['enforced, though nobody said delivered', { enforced: after(3) }, undefined],
  ])('%s', (_, said, why) => {
    const report = enforcementOf([agent('a')], [context('a', said)], since);
    expect(report.stragglers.map((one) => one.why)).toEqual(why === undefined ? [] : [why]);
    expect(report.delivered.proxies).toBe(why === undefined ? 1 : 0);
  });

  it.each([
    ['a canary was let in', { delivered: after(1), accepted: after(9) }, 'canary-accepted'],
    [
      'one is let in that was refused before',
      { enforced: after(2), seen: after(2), accepted: after(9) },
      'canary-accepted',
    ],
    ['one is refused that was let in before', { enforced: after(2), seen: after(20), accepted: after(9) }, undefined],
    [
      'the first proof came after it was let in',
      { enforced: after(12), seen: after(12), accepted: after(9) },
      undefined,
    ],
  ])('%s', (_, said, why) => {
    const report = enforcementOf([agent('a')], [context('a', { delivered: after(1), ...said })], since);
    expect(report.stragglers.map((one) => one.why)).toEqual(why === undefined ? [] : [why]);
    expect(report.delivered.proxies).toBe(1);
    expect(report.enforced.proxies).toBe(why === undefined ? 1 : 0);
  });

  it('is never before its time, and its percentiles are of those that have it', () => {
    const rows = Array.from({ length: 200 }, (_, index) =>
      context(`node-${index}`, index < 100 ? { delivered: after(index - 1) } : {}),
    );
    const report = enforcementOf([], rows, since);
    expect(report.delivered).toEqual({ proxies: 100, p50: 48, p99: 97 });
    expect(report.stragglers).toHaveLength(200);
  });

  it('names a thousand stragglers, and counts the others', () => {
    const rows = Array.from({ length: 1_500 }, (_, index) => context(`node-${index}`));
    const { stragglers, moreStragglers } = enforcementOf([], rows, since);
    expect([stragglers.length, moreStragglers]).toEqual([1_000, 500]);
  });
});
