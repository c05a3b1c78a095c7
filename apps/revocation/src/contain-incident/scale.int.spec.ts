import type { SpiffeId } from '@cartulary/domain';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { IncidentWorld } from '../testing/incident.fixture.spec.js';

const full = process.env['CARTULARY_FULL'] === '1';
/** Certificates in all, and of those hit. */
const [stored, hit] = full ? [Number(process.env['CARTULARY_STORED'] ?? 1_000_000), 100_000] : [5_000, 500];
const STEP = 50_000;

let world: IncidentWorld;
beforeAll(async () => {
  world = await IncidentWorld.create();
});
afterAll(() => world.dispose());

const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work();
  return Math.round(performance.now() - start) / 1_000;
};

it(`hits ${hit} of ${stored} certificates`, { timeout: 1_800_000 }, async () => {
  world.start();
  // The hit ones are spread evenly.
  const every = stored / hit;
  const identityOf = (n: number) => `spiffe://cluster.local/ns/n${n % every}/sa/s${n % 997}` as SpiffeId;
  const storing = await seconds(async () => {
    for (let from = 0; from < stored; from += STEP) {
      await world.issue(
        Array.from({ length: Math.min(STEP, stored - from) }, (_, n) => ({ identity: identityOf(from + n) })),
      );
    }
  });
  const projecting = await seconds(() => world.caughtUp(1_800_000));
  const previews: number[] = [];
  for (let round = 0; round < 3; round++) {
    previews.push(
      await seconds(async () => {
        const { preview } = await world.declare({ selector: { namespace: 'n0' }, dryRun: true });
        expect(preview).toMatchObject({ hit, live: hit, descendants: 0, identityCount: Math.min(997, hit) });
      }),
    );
  }
  let incidentId = '';
  const containing = await seconds(async () => {
    const { progress, ...incident } = await world.contained({ selector: { namespace: 'n0' } }, 1_200_000);
    expect(progress).toEqual({ hit, revoked: hit, alreadyRevoked: 0, expired: 0, remaining: 0 });
    incidentId = incident.incidentId;
  });
  const { events } = await world.domain.ledger.readStream(`incident-${incidentId}`);
  const times = events.map(({ committedAt }) => Date.parse(committedAt));
  const enumerating = (times[1]! - times[0]!) / 1_000;
  console.log(JSON.stringify({ stored, hit, storing, projecting, previews, enumerating, containing }));
});
