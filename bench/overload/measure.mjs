import { CertificateLoad } from '../lib/certificate-load.mjs';
import { memory } from '../lib/cpu.mjs';
import { Place } from '../lib/place.mjs';
import { spread } from '../lib/statistics.mjs';

const TIMES = 4;
const MEGABYTE = 1_000_000;

/** Four times what issuance can do, for a minute, from many clients that do not wait for one another. */
export const measure = async (report, { pick }) => {
  const place = await Place.open();
  try {
    const { cluster } = await place.services();
    const certificates = await CertificateLoad.prepare(place, cluster, pick(4_000, 100_000));
    const { rate } = await certificates.single({ connections: 64, seconds: pick(2, 4), warmUp: 1 });
    const seconds = pick(3, 60);
    const issuance = cluster.one('issuance');
    const watched = watchMemory(issuance.pid);
    const options = {
      rate: TIMES * rate,
      drop: true,
      connections: pick(128, 1_024),
      seconds,
      warmUp: 1,
      timeout: '60s',
    };
    const result = await certificates.run(options);
    const samples = watched();
    if (!issuance.running) throw new Error('issuance has crashed');
    tell(report, { result, rate, samples });
    const { issuances } = await alive(certificates, pick);
    report.note(`Right afterwards, 64 connections: ${Math.round(issuances)} certificates/s.`);
  } finally {
    await place.close();
  }
};

const watchMemory = (pid) => {
  const samples = [];
  const timer = setInterval(() => samples.push(memory(pid).rss / MEGABYTE), 250);
  return () => {
    clearInterval(timer);
    return samples;
  };
};

const alive = async (certificates, pick) => {
  const { rate } = await certificates.single({ connections: 64, seconds: pick(1, 3), warmUp: 1 });
  return { issuances: rate };
};

const tell = (report, { result, rate, samples }) => {
  const { operations, seconds, fromSend, rejected, statuses, errors, retryAfter, notSent, clientShare } = result;
  const quarter = Math.floor(samples.length / 4);
  const [early, late] = [samples.slice(quarter, 2 * quarter), samples.slice(-quarter)].map(
    (some) => spread(some).value,
  );
  report.goal('overload-accepted', fromSend.p99, `of ${fromSend.count} accepted, from when each was sent`);
  report.goal(
    'overload-memory',
    late / early,
    `resident: ${Math.round(early)} MB after the first quarter, ${Math.round(late)} MB in the last`,
  );
  const without = retryAfter.none ?? 0;
  const refused = rejected.count;
  if (refused > 0) report.goal('overload-retry', (100 * (refused - without)) / refused, `of ${refused} rejected`);
  else report.missing('overload-retry', 'nothing was rejected: all that was sent waited for its turn');
  const lines = [
    ['offered, requests/s', Math.round(TIMES * rate)],
    ['maximum before, certificates/s', rate],
    ['accepted, certificates/s', operations / seconds],
    ['accepted, p50 / p99 / max ms', [fromSend.p50, fromSend.p99, fromSend.max].map((ms) => ms.toFixed(1)).join(' / ')],
    ['rejected', refused],
    ['rejected, p50 / p99 ms', [rejected.p50, rejected.p99].map((ms) => ms.toFixed(1)).join(' / ')],
    ['not sent: no connection was free', notSent],
    ['by status', JSON.stringify(statuses)],
    ['Retry-After', JSON.stringify(retryAfter)],
    ['broken connections', JSON.stringify(errors)],
    ['client’s share of CPU %', clientShare * 100],
  ];
  report.table(`${TIMES} × the maximum rate for ${seconds} s`, ['', 'value'], lines);
};
