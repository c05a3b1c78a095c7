import { writeFile } from 'node:fs/promises';
import { buildOcspRequest, verifyOcspResponse } from '@cartulary/x509';
import { memory } from '../lib/cpu.mjs';
import { load } from '../lib/load.mjs';
import { Million } from '../lib/million.mjs';
import { REVOCATION, ROTATION } from '../lib/names.mjs';
import { startUntilReady } from '../lib/starting.mjs';
import { spread } from '../lib/statistics.mjs';
import { serialOf } from '../lib/synthetic.mjs';

const MILLION = 1_000_000;

/** Responders that know nothing, started beside a ledger of growing size, until they are ready. */
export const measure = async (report, { pick }) => {
  const million = await Million.open();
  const results = [];
  for (const live of pick([0, 2_000], [0, 100_000, MILLION], [0, 100_000, 300_000, MILLION])) {
    await million.fillTo(live, report.say);
    const { position: events } = await million.ledger.head();
    const starts = [];
    const count = live === MILLION || live === 0 ? pick(1, 3) : 1;
    for (let n = 0; n < count; n++) starts.push(await startOnce(million, live, pick));
    results.push({ live, events, starts });
  }
  tell(report, results, pick);
  await others(report, million);
};

const startOnce = async (million, live, pick) => {
  const { cluster } = million;
  const { process, ...figures } = await startUntilReady(cluster, million.nextResponder());
  if (live > 0) await knowsAll(million, process);
  const answers = live > 0 ? await ocspRate(million, process, pick) : undefined;
  const after = memory(process.pid).rss / 1e6;
  // As a crash would: what it wrote on its disk is of no use to the next, which has another.
  await process.kill();
  return { ...figures, answers, after };
};

/** That it is ready is worth something only if it knows the last that was issued, and one that is revoked. */
const knowsAll = async ({ issuer, issued, revoked }, { publicUrl }) => {
  const issuerCertificate = Buffer.from(issuer.certificate, 'base64');
  for (const [n, status] of [
    [issued - 1, 'good'],
    [revoked, 'revoked'],
  ]) {
    const serials = [serialOf(n)];
    const body = buildOcspRequest(issuerCertificate, serials);
    const answer = await fetch(`${publicUrl}/ocsp`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/ocsp-request' }, body },
    });
    const response = Buffer.from(await answer.arrayBuffer());
    const verified = verifyOcspResponse({ response, issuerCertificate, now: new Date(), serials });
    const said = JSON.stringify(verified);
    if (!said.includes(`"${status}"`))
      throw new Error(`a responder that is ready says of ${serials}, ${status}: ${said}`);
  }
};

const ocspRate = async ({ place, issuer, issued }, { publicUrl }, pick) => {
  const certificate = Buffer.from(issuer.certificate, 'base64');
  const some = Array.from({ length: 2_000 }, (_, n) => serialOf(Math.floor((n * issued) / 2_000)));
  const lines = some.map((serial) => encodeURIComponent(buildOcspRequest(certificate, [serial]).toString('base64')));
  const file = place.file('questions.txt');
  await writeFile(file, lines.join('\n'));
  const result = await load({
    url: `${publicUrl}/ocsp/{line}`,
    lines: file,
    connections: 16,
    seconds: pick(1, 3),
    warmUp: 0.5,
  });
  return result.rate;
};

const tell = (report, results, pick) => {
  const of = (starts, name) => spread(starts.map((start) => start[name]));
  const columns = [
    'live certificates',
    'events in the ledger',
    'start → ready s',
    'resident MB',
    'peak MB',
    'OCSP answers/s then',
    'resident after them MB',
  ];
  const rows = results.map(({ live, events, starts }) => [
    ...[live, events, of(starts, 'seconds'), of(starts, 'rss'), of(starts, 'peak')],
    ...(live > 0 ? [of(starts, 'answers'), of(starts, 'after')] : ['–', '–']),
  ]);
  report.table('A responder without snapshot, from the ledger’s own tail', columns, rows);
  const points = (name) => results.map(({ live, starts }) => ({ x: live, ...of(starts, name) }));
  const x = 'live certificates';
  report.series('replay-time', {
    title: 'A responder’s start',
    x,
    y: 's until ready',
    lines: [{ name: 'without snapshot', points: points('seconds') }],
  });
  report.series('replay-memory', {
    ...{ title: 'A responder’s memory', x, y: 'MB' },
    lines: ['rss', 'peak'].map((name) => ({ name: name === 'rss' ? 'resident' : 'peak', points: points(name) })),
  });
  const [empty, full] = [results[0], results.at(-1)];
  const idle = of(empty.starts, 'seconds').value;
  const perMillion = full.starts.map(({ seconds }) => ((seconds - idle) * MILLION) / (full.events - empty.events));
  const small = pick(' (too few events to judge)', '');
  report.goal(
    'replay-time',
    spread(perMillion),
    `start → ready with ${full.events} events, per million, less ${idle.toFixed(1)} s of an empty start${small}`,
  );
  report.goal('replay-memory', of(full.starts, 'rss'), `resident, ${full.live} live and a tenth revoked${small}`);
};

/** Start-up of the services that decide, at the same size. */
const others = async (report, { cluster }) => {
  const rows = [];
  await cluster.one('issuance').kill();
  const begun = performance.now();
  await cluster.one('issuance').restart();
  rows.push(['issuance', (performance.now() - begun) / 1_000, '–', '–']);
  for (const replica of [REVOCATION, ROTATION]) {
    const { process, seconds, rss, peak } = await startUntilReady(cluster, replica);
    rows.push([replica[0], seconds, rss, peak]);
    await process.kill();
  }
  report.table('Other services, started at that size', ['service', 'start → ready s', 'resident MB', 'peak MB'], rows);
};
