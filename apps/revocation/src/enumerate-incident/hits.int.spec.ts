import fc from 'fast-check';
import {
  type Ancestor,
  type CertificateIssued,
  type IncidentId,
  type IncidentSelector,
  isHit,
  type NodeName,
  selectableOf,
  type Serial,
  type SpiffeId,
  type Timestamp,
  timestamp,
} from '@cartulary/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IncidentWorld, type Issuance } from '../testing/incident.fixture.spec.js';
import { newKeyHash } from '../testing/revocation.fixture.spec.js';

const SELECTORS = 60;
const GENERATIONS = 6;
const PER_GENERATION = 50;
const PAGE = 7;

/** Certificates of a random family: some by the one before, some as its renewal, some by nobody's. */
interface Known extends Ancestor {
  readonly parents: readonly string[];
}

describe('what an incident hits, in the database', () => {
  let world: IncidentWorld;
  const known: Known[] = [];
  const keys = Array.from({ length: 4 }, newKeyHash);
  const names = ['a', 'b', 'c'];
  const identityOf = (n: number) => `spiffe://cluster.local/ns/${names[n % 3]}/sa/${names[(n >> 2) % 3]}` as SpiffeId;
  const timeOf = (n: number): Timestamp => timestamp(new Date(Date.UTC(2026, 1, 1 + (n % 5))));
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(Math.random() * items.length)]!;
  const chance = (share: number) => Math.random() < share;

  beforeAll(async () => {
    world = await IncidentWorld.create();
    for (let generation = 0; generation < GENERATIONS; generation++) {
      const issuances = Array.from({ length: PER_GENERATION }, (): Issuance => {
        const n = Math.floor(Math.random() * 1_000);
        return {
          ...{ identity: identityOf(n), issuedAt: timeOf(n) },
          ...(chance(0.3) ? { keyHash: pick(keys) } : {}),
          ...(chance(0.5) ? { node: `node-${n % 3}` as NodeName } : {}),
          ...(chance(0.1) ? { profile: 'ocsp-signing' as const } : {}),
          ...(known.length > 0 && chance(0.3) ? { credential: `certificate:${pick(known).serial}` } : {}),
          ...(known.length > 0 && chance(0.3) ? { predecessor: pick(known).serial } : {}),
        };
      });
      await world.issue(issuances);
      const events = await world.domain.ledger.readAll({
        ...{ after: known.at(-1)?.position ?? 0, limit: 1_000, types: ['CertificateIssued'] },
      });
      await world.projection.apply(events);
      for (const { data, recordedAt, position } of events) {
        const issued = data as unknown as CertificateIssued['data'];
        const parents = [issued.evidence.credential.replace('certificate:', ''), issued.predecessor ?? ''];
        known.push({ ...selectableOf(issued, recordedAt as Timestamp), position, parents });
      }
    }
  });
  afterAll(() => world.dispose());

  const selector = (): fc.Arbitrary<IncidentSelector> =>
    fc
      .record(
        {
          keyHash: fc.constantFrom(...keys),
          serials: fc.uniqueArray(fc.constantFrom(...known.map(({ serial }) => serial)), {
            minLength: 1,
            maxLength: 5,
          }),
          identity: fc.nat({ max: 15 }).map(identityOf),
          namespace: fc.constantFrom(...names),
          node: fc.nat({ max: 2 }).map((n) => `node-${n}` as NodeName),
          issuerId: fc.constant(world.domain.issuer('workload').issuerId),
          issuedBetween: fc.tuple(fc.nat({ max: 4 }), fc.nat({ max: 4 })).map(([one, other]) => ({
            ...{ from: timeOf(Math.min(one, other)), to: timeOf(Math.max(one, other)) },
          })),
        },
        { requiredKeys: [] },
      )
      .filter((members) => Object.keys(members).length > 0);

  const modelOf = (wanted: IncidentSelector, gate: number): Set<Serial> => {
    const hit = new Set<Serial>();
    for (const one of known) {
      if (one.position >= gate) break;
      if (isHit(wanted, one) || one.parents.some((parent) => hit.has(parent as Serial))) hit.add(one.serial);
    }
    return hit;
  };

  it('is what the domain’s selector means, and all that descends from it', { timeout: 300_000 }, async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(selector(), fc.nat({ max: known.length - 1 }), async (wanted, gateAt) => {
        const position = known[gateAt]!.position;
        const incidentId = `i${String(run++).padStart(11, '0')}` as IncidentId;
        const closure = { incidentId, selector: wanted, reissueFirst: false, position, status: 'closed' } as const;
        const count = await world.hits.enumerate(closure);
        const found: Serial[] = [];
        for (let after = 0; ;) {
          const page = await world.hits.page(incidentId, after, PAGE);
          found.push(...page.map(({ serial }) => serial));
          const last = page.at(-1);
          if (!last) break;
          after = last.position;
        }
        const expected = modelOf(wanted, position);
        expect(new Set(found)).toEqual(expected);
        expect([count, found.length]).toEqual([expected.size, expected.size]);
        const whole = modelOf(wanted, Infinity);
        const selected = known.filter((one) => isHit(wanted, one)).length;
        const preview = await world.previews.of(wanted);
        expect([preview.hit, preview.descendants]).toEqual([whole.size, whole.size - selected]);
      }),
      { numRuns: SELECTORS },
    );
  });
});
