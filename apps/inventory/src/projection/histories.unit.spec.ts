import { beforeEach, describe, expect, it } from 'vitest';
import { InMemoryLedger } from '@cartulary/ledger/testing';
import { certificateStream } from '@cartulary/domain';
import { held, issued, released, serialOf } from '../testing/events.fixture.spec.js';
import { appendTo } from '../testing/append.fixture.spec.js';
import { historiesOf } from './histories.js';

let ledger: InMemoryLedger;
beforeEach(() => {
  ledger = new InMemoryLedger();
});
const stream = certificateStream(serialOf(1));
const versions = async (...events: Parameters<typeof historiesOf>[1]) =>
  (await historiesOf(ledger, events)).get(stream)?.map(({ version }) => version);

describe('histories', () => {
  it('of new streams come from the batch, without a read', async () => {
    const events = await appendTo(ledger, issued(1), issued(2), held(1));
    ledger.unavailable = true;
    expect(await versions(...events)).toEqual([1, 2]);
  });

  it('are in order whatever the batch’s order, each event once', async () => {
    const [one, two, three] = await appendTo(ledger, issued(1), held(1), released(1));
    expect(await versions(three!, one!, two!, one!, three!)).toEqual([1, 2, 3]);
  });

  it('are completed from the ledger where the batch has only a part', async () => {
    const [one, two, three] = await appendTo(ledger, issued(1), held(1), released(1));
    expect(await versions(two!)).toEqual([1, 2, 3]);
    expect(await versions(one!, three!)).toEqual([1, 2, 3]);
  });
});
