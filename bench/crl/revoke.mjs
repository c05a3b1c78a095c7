import { createHash } from 'node:crypto';
import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { cpuSince, cpuTimes } from '../lib/cpu.mjs';
import { issueSome } from '../lib/issuers.mjs';
import { ServedCrl } from '../lib/served-crl.mjs';
import { percentile } from '../lib/statistics.mjs';

const execute = promisify(execFile);
/** Longer than the least time between two CRLs, so that each revocation is the first of its burst. */
const PAUSE_MS = 250;

/** Issues, then revokes one by one, each when the one before is in the served CRL. Times in ms. */
export const revokeOneByOne = async ({ place, cluster, owner, issuer, count, entries }) => {
  const serials = (await issueSome(cluster, count, `crl-${entries}`)).map(({ serial }) => serial);
  const responder = cluster.one('responder');
  const crl = new ServedCrl(`${responder.publicUrl}/crl/${issuer.issuerId}.crl`);
  await crl.untilLarge(entries);
  const client = cluster.client(cluster.one('revocation'));
  const result = { committedToSigned: [], sha256sum: [], hashed: [], cpu: 0 };
  const served = [];
  for (const serial of serials) {
    await sleep(PAUSE_MS);
    const roots = { revocation: cluster.one('revocation').pid };
    const before = cpuTimes(roots);
    const { position } = await client.createRevocation({ body: { serial, reason: 'superseded' } });
    const accepted = performance.now();
    served.push((await crl.untilHas(serial)) - accepted);
    result.cpu += cpuSince(before, roots).revocation / count;
    result.committedToSigned.push(await betweenCommits(owner, issuer.issuerId, position));
    result.hashed.push(hashPass(crl.bytes));
    result.sha256sum.push(await sha256sum(place, crl.bytes));
  }
  const times = { count, p50: percentile(served, 0.5), p99: percentile(served, 0.99) };
  return { ...result, served: times, bytes: crl.bytes.length };
};

// What Postgres itself noted; of the CRL whose number is behind the revocation.
const betweenCommits = async (owner, issuerId, position) => {
  const text = `
    SELECT extract(epoch FROM published.committed_at - revoked.committed_at) * 1000 AS ms
    FROM cartulary.events revoked, cartulary.events published
    WHERE revoked.position = $1 AND published.stream = $2 AND published.type = 'CrlPublished' AND published.position > $1
      AND (convert_from(published.envelope, 'UTF8')::jsonb #>> '{data,number}')::bigint > $1
    ORDER BY published.position LIMIT 1`;
  const { rows } = await owner.query(text, [position, `publication-${issuerId}`]);
  return Number(rows[0].ms);
};

const hashPass = (bytes) => {
  const begun = performance.now();
  createHash('sha256').update(bytes).digest();
  return performance.now() - begun;
};

const sha256sum = async (place, bytes) => {
  const file = place.file('served.crl');
  await writeFile(file, bytes);
  const begun = performance.now();
  await execute('sha256sum', [file]);
  const taken = performance.now() - begun;
  await rm(file);
  return taken;
};
