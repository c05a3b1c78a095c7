import type { Issuer, IssuerRotation, TrustBundle } from '@cartulary/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { firstOperator, restOf } from '../support/enrol.js';
import { changeEpoch, hasKey, issuerOf, issuersOf, standbyOf, Traffic } from '../support/epochs.js';
import { type Court, eventually, issue, openCourt } from '../support/interop.js';
import { LaggingParty } from '../support/lagging-bundle.js';

// openssl is the judge. The long version waits until the old root has gone, which takes a certificate's life.

const FULL = process.env['CARTULARY_FULL'] === '1';
const LEAD_MS = 6_000;
const env = {
  CARTULARY_ROOT_LEAD: `${LEAD_MS}ms`,
  CARTULARY_EPOCH_LEAD: '300ms',
  CARTULARY_ROTATION_INTERVAL: '100ms',
  CARTULARY_CLOCK_SKEW: '0s',
  CARTULARY_CRL_MIN_INTERVAL: '50ms',
  ...(FULL ? { CARTULARY_SERVER_TTL: '1m', CARTULARY_WORKLOAD_TTL: '1m' } : {}),
};

describe('the rotation of the mesh root', () => {
  let base: Court;
  let court: Court;
  beforeAll(async () => {
    base = await openCourt(env);
    const operator = firstOperator(base.service);
    court = {
      ...base,
      // The trust bundle is read anew each time, as whoever calls the API has to.
      get rest() {
        return restOf(base.service, operator);
      },
    };
  });
  afterAll(() => base?.close());

  const order = (issuerId: string) => court.rest.post(`/v1/issuers/${issuerId}/rotation`);
  const retire = (issuerId: string) => court.rest.post(`/v1/issuers/${issuerId}/retirement`);
  const activeCa = async (purpose: Issuer['purpose']) => {
    const active = (await issuersOf(court)).filter((one) => one.purpose === purpose && one.status === 'active');
    expect(active).toHaveLength(1);
    return active[0]!;
  };
  const bundle = async () => (await court.rest.get('/v1/trust-bundle').expect(200)).body as TrustBundle;
  const publicBundle = async () => {
    const url = new URL('/bundle.json', (await activeCa('root')).crlUrl);
    const { keys, spiffe_sequence: sequence } = (await (await fetch(url)).json()) as {
      keys: unknown[];
      spiffe_sequence: number;
    };
    return { roots: keys.length, sequence };
  };

  it(
    'refuses no good certificate, whether the bundle is new or nearly a lead time old, and no step before its time',
    { timeout: FULL ? 360_000 : 180_000 },
    async () => {
      const old = await activeCa('root');
      const before = await publicBundle();
      expect(before.roots).toBe(1);
      const outdated = await court.judge.write('outdated-root.pem', court.service.read('root.crt'));
      const traffic = new Traffic(court);
      const lagging = new LaggingParty(court, traffic, LEAD_MS / 2);
      traffic.start();
      lagging.start();
      // One is there that was made below the old root.
      await Promise.all([standbyOf(court, 'workload'), standbyOf(court, 'server')]);
      expect((await retire(old.issuerId)).body).toMatchObject({ status: 409, code: 'EPOCH_NOT_OVER' });

      // The first step: in every bundle, and of no use yet.
      const prepared = (await order(old.issuerId).expect(200)).body as IssuerRotation;
      expect(prepared).toMatchObject({ step: 'prepared', issuerId: old.issuerId });
      const next = prepared.successor;
      const early = await order(old.issuerId);
      expect(early.body).toMatchObject({ status: 409, code: 'ISSUER_NOT_READY' });
      expect((await retire(next)).status).toBe(409);
      const shown = await eventually(bundle, ({ roots }) => roots.length === 2);
      expect(shown.roots.map(({ issuerId }) => issuerId)).toEqual([old.issuerId, next]);
      expect(shown.systemRoots).toHaveLength(1);
      const published = await eventually(publicBundle, ({ roots }) => roots === 2);
      expect(published.roots).toBe(2);
      expect(published.sequence).toBeGreaterThan(before.sequence);
      const file = await eventually(
        () => Promise.resolve(court.service.read('root.crt')),
        (pem) => pem === shown.pem,
      );
      expect(file).toBe(shown.pem);

      // The second: refused until the lead time is over, with the time when that is.
      const refusals: string[] = [];
      const activated = await eventually(
        async () => {
          const answer = await order(old.issuerId);
          if (answer.status === 409) refusals.push((answer.body as { detail: string }).detail);
          return answer;
        },
        ({ status }) => status !== 409,
      );
      expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(prepared.readyAt!));
      expect(activated.body).toMatchObject({ step: 'activated', successor: next });
      expect(refusals.at(-1)).toMatch(/may issue from \d{4}-/);
      expect((await activeCa('root')).issuerId).toBe(next);

      // The intermediate follows by itself, and the epochs below it.
      const followed = await eventually(
        async () =>
          (await issuersOf(court)).find(({ purpose, parent }) => purpose === 'intermediate' && parent === next),
        (one) => one?.status === 'active',
      );
      expect(followed).toMatchObject({ status: 'active', epoch: 2 });
      for (const purpose of ['workload', 'server'] as const) {
        await changeEpoch(court, purpose);
        const last = await changeEpoch(court, purpose);
        expect((await issuerOf(court, last)).parent).toBe(followed!.issuerId);
      }
      const below = async () => {
        const ids = (await issuersOf(court)).filter(({ parent }) => parent === followed!.issuerId);
        return ids.some(({ issuerId }) => traffic.epochs.has(issuerId));
      };
      expect(await eventually(below, (is) => is)).toBe(true);
      const seen = lagging.accepted;
      await eventually(
        () => Promise.resolve(lagging.accepted),
        (count) => count > seen + 2,
      );
      expect((await retire(old.issuerId)).body).toMatchObject({
        ...{ status: 409, code: 'EPOCH_NOT_OVER' },
        detail: expect.stringMatching(/needed by [^]*at the latest it may go after \d{4}-/) as string,
      });
      await traffic.stop();
      await lagging.stop();
      console.log(`a root's rotation: ${JSON.stringify({ ...traffic.counts, lagging: lagging.accepted })}`);
      expect([...traffic.wrong, ...lagging.wrong]).toEqual([]);
      expect(lagging.accepted).toBeGreaterThan(0);
      // Who has not looked for the bundle in all that time knows the old root alone.
      const late = await issue(court);
      expect(await court.judge.verify(late)).toEqual({ code: 0, said: `${late.leafFile}: OK\n` });
      expect((await court.judge.verify(late, undefined, outdated)).said).toMatch(
        /unable to get (local )?issuer certificate/,
      );
      if (FULL) await untilItIsGone(old.issuerId, next);
    },
  );

  /** The last step, refused until everything below the old root has ended by itself. */
  const untilItIsGone = async (old: string, next: string): Promise<void> => {
    let answer = await retire(old);
    for (let turn = 0; turn < 6 && answer.status === 409; turn++) {
      answer = await eventually(
        () => retire(old),
        ({ status }) => status !== 409,
      );
    }
    expect(answer.body).toMatchObject({ issuerId: old });
    const gone = await eventually(
      () => issuerOf(court, old),
      ({ status }) => status === 'retired',
    );
    expect(gone).toMatchObject({ status: 'retired', crl: { nextUpdate: gone.notAfter } });
    const left = await eventually(bundle, ({ roots }) => roots.length === 1);
    expect(left.roots.map(({ issuerId }) => issuerId)).toEqual([next]);
    await eventually(
      () => Promise.resolve(hasKey(court, old)),
      (there) => !there,
    );
    expect(hasKey(court, old)).toBe(false);
    const read = () => Promise.resolve(court.service.read('root.crt'));
    expect(await eventually(read, (pem) => pem === left.pem)).toBe(left.pem);
    const last = await issue(court);
    expect(await court.judge.verify(last)).toEqual({ code: 0, said: `${last.leafFile}: OK\n` });
  };
});
