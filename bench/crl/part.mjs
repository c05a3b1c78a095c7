import { RevocationLists } from '@cartulary/service';
import { eventOf } from '../lib/synthetic.mjs';
import { percentile } from '../lib/statistics.mjs';

const at = (ms) => new Date(ms).toISOString();

/** The part by itself: what one more entry, and what deciding on a CRL, costs the fold; no bytes are made. */
export const partCost = async (report, issuer, pick) => {
  const now = Date.now();
  const points = [];
  for (const size of pick([1_000, 10_000], [1_000, 10_000, 100_000, 1_000_000])) {
    const { lists, position } = filled(issuer, size, now);
    const [insert, prepare] = [[], []];
    for (let n = 1; n <= 200; n++) {
      const revoked = eventOf({ kind: 'revoked', issuerId: issuer.issuerId, now }, size + n);
      insert.push(timed(() => lists.apply({ ...revoked, version: 1, position: position + 2 * n })));
      const prepared = preparation(issuer, now, n);
      prepare.push(timed(() => lists.apply({ ...prepared, version: n, position: position + 2 * n + 1 })));
    }
    points.push({ size, insert: percentile(insert, 0.5), prepare: percentile(prepare, 0.5) });
  }
  const columns = ['entries', 'one entry more, µs', 'CrlPrepared, µs'];
  report.table(
    'Folding, by itself (medians of 200)',
    columns,
    points.map(({ size, insert, prepare }) => [size, insert * 1e3, prepare * 1e3]),
  );
};

const filled = (issuer, size, now) => {
  const lists = new RevocationLists();
  lists.apply({ type: 'IssuerCreated', data: issuer, position: 1, version: 1 });
  for (let n = 0; n < size; n++) {
    lists.apply({ ...eventOf({ kind: 'revoked', issuerId: issuer.issuerId, now }, n), version: 1, position: n + 2 });
  }
  return { lists, position: size + 2 };
};

const preparation = ({ issuerId }, now, n) => ({
  type: 'CrlPrepared',
  data: {
    issuerId,
    thisUpdate: at(now + n * 1_000),
    nextUpdate: at(now + 86_400_000),
    expiredBefore: at(now - 3_600_000),
    preparedAt: at(now),
  },
});

const timed = (work) => {
  const begun = performance.now();
  work();
  return performance.now() - begun;
};
