import { createHash } from 'node:crypto';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { TRUST_DOMAIN } from './names.mjs';

const WRITERS = 2;
const HOUR_MS = 3_600_000;
const at = (ms) => new Date(ms).toISOString();
const sha256 = (text) => createHash('sha256').update(text).digest('hex');

/** 17 octets, as ours are, random to look at, and the same for the same number. */
export const serialOf = (n) => `01${sha256(`serial ${n}`).slice(0, 32)}`;

/** Ten thousand identities in a hundred namespaces, or in the one that is named. */
export const identityOf = (n, namespace = `ns-${n % 100}`) =>
  `spiffe://${TRUST_DOMAIN}/ns/${namespace}/sa/sa-${n % 10_000}`;

const named = ({ issuerId, now }, n) => ({ serial: serialOf(n), issuerId, notAfter: at(now + 24 * HOUR_MS) });

/** As issuance writes it, but for the certificate's bytes, which are those of one real certificate for all. */
const issued = (given, n) => ({
  type: 'CertificateIssued',
  data: {
    ...named(given, n),
    profile: 'workload',
    identity: identityOf(n, given.namespace),
    keyHash: sha256(`key ${n}`),
    keyAlgorithm: 'ecdsa-p256',
    notBefore: at(given.now - HOUR_MS / 12),
    certificate: given.certificate,
    renewalWindow: { start: at(given.now + 12 * HOUR_MS), end: at(given.now + 14 * HOUR_MS) },
    evidence: {
      csrHash: sha256(`csr ${n}`),
      policyVersion: '1',
      requester: `spiffe://${TRUST_DOMAIN}/cartulary/operator/first`,
      credential: 'certificate:01',
      node: `node-${n % 1_000}`,
    },
  },
});

const revoked = (given, n) => ({
  type: 'CertificateRevoked',
  data: { ...named(given, n), reason: 'keyCompromise', revokedAt: at(given.now) },
});

const kinds = { issued, revoked };

/** An event of certificate `n` and the version that its stream has before. */
export const eventOf = ({ kind, version = 0, ...given }, n) => ({
  ...kinds[kind](given, n),
  stream: `certificate-${serialOf(n)}`,
  version,
});

/**
 * Appends events of the certificates `from` to `to` (exclusive) through the ledger, from two processes; resolves to how
 * many a second. `url`: of the service's role; `issuerId`; `kind`: `issued` (with `certificate` in base64 and, unless it
 * is one of many, `namespace`) or `revoked`; `version`: that their streams have.
 */
export const fill = async ({ from = 0, to, ...given }) => {
  const begun = performance.now();
  const share = Math.ceil((to - from) / WRITERS);
  await Promise.all(
    Array.from({ length: WRITERS }, async (_, writer) => {
      const [first, end] = [from + writer * share, Math.min(to, from + (writer + 1) * share)];
      if (first >= end) return;
      const options = { ...given, now: Date.now(), from: first, to: end };
      const child = fork(join(import.meta.dirname, 'synthetic-writer.mjs'), {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      });
      child.send(options);
      const [code] = await once(child, 'exit');
      if (code !== 0) throw new Error(`a writer of synthetic events ended with ${code}`);
    }),
  );
  return ((to - from) * 1_000) / (performance.now() - begun);
};
