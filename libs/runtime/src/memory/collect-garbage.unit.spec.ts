import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { collectGarbage } from './collect-garbage.js';

describe('collectGarbage', () => {
  it('takes what nothing refers to any more, also when it has become old', async () => {
    const held = new Map([['one', { octets: new Uint8Array(1_000_000) }]]);
    const seen = new WeakRef(held.get('one')!);
    collectGarbage();
    await turn();
    expect(seen.deref()?.octets).toHaveLength(1_000_000);
    held.clear();
    await turn();
    collectGarbage();
    expect(seen.deref()).toBeUndefined();
  });

  it('leaves no gc() behind', () => {
    collectGarbage();
    expect((globalThis as { gc?: unknown }).gc).toBeUndefined();
  });
});
