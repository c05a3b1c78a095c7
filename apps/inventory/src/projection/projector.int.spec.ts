import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TransientError } from '@cartulary/transport';
import type { RecordedEvent } from '@cartulary/ledger';
import {
  crlPublished,
  held,
  issued,
  keyHashOf,
  mark,
  otherIssuer,
  registered,
  reinstated,
  released,
  renewed,
  revoked,
  serialOf,
  suspended,
  system,
  tokenCreated,
  tokenRevoked,
  workload,
} from '../testing/events.fixture.spec.js';
import { openWorld, settings, type World } from '../testing/world.fixture.spec.js';
import { Projector, SupersededError } from './projector.js';
import { Tables } from './tables.js';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

const names = [
  'certificates',
  'identities',
  'tokens',
  'publications',
  'certificates_past',
  'identities_past',
  'tokens_past',
] as const;
const snapshot = async () =>
  Promise.all(
    names.map((name) =>
      world.db.query(
        `SELECT * FROM projections.inventory_${name} ORDER BY 1, ${name === 'certificates' ? 'issued' : 'position'}`,
      ),
    ),
  );

/** A life of everything: changes in batches of their own, and within one. */
const history = async (): Promise<RecordedEvent[]> => {
  const events = [
    ...(await world.append(
      issued(1),
      issued(2),
      issued(3, { identity: system('operator/olga'), profile: 'operator' }),
    )),
    ...(await world.append(registered(workload('shop')), registered(system('operator/olga'), { role: 'admin' }))),
    ...(await world.append(held(1), suspended(workload('shop')))),
    ...(await world.append(issued(4, { predecessor: serialOf(2) }), renewed(2, 4))),
    ...(await world.append(tokenCreated('aaaaaaaaaaaa', { role: 'issuer', namespaces: ['shop'] }))),
    ...(await world.append(released(1), revoked(2), crlPublished(otherIssuer))),
    ...(await world.append(tokenRevoked('aaaaaaaaaaaa'), crlPublished(otherIssuer, { number: 9, entries: 1 }))),
    ...(await world.append(reinstated(workload('shop')))),
  ];
  return [...events];
};

const shuffled = <T>(items: readonly T[], seed: number): T[] => {
  let state = seed;
  const next = (): number => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
  return items
    .map((item) => ({ item, at: next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
};

describe('the projection', () => {
  it('holds the newest state of everything, and its places to look it up', async () => {
    const events = await history();
    await world.handle(events);
    const [certificates, identities, tokens, publications] = await snapshot();
    expect(certificates).toMatchObject([
      { serial: serialOf(1), issued: '1', position: '11', status: 'active', namespace: 'shop', system: false },
      { serial: serialOf(2), issued: '2', position: '12', status: 'revoked', state: { successor: serialOf(4) } },
      { serial: serialOf(3), status: 'active', namespace: null, system: true, profile: 'operator' },
      { serial: serialOf(4), state: { predecessor: serialOf(2) }, key_hash: Buffer.from(keyHashOf('key 4'), 'hex') },
    ]);
    expect(identities).toMatchObject([
      { id: system('operator/olga'), system: true, state: { grant: { role: 'admin' } } },
      { id: workload('shop'), status: 'active', namespace: 'shop' },
    ]);
    expect(tokens).toMatchObject([{ namespaces: ['shop'], state: { status: 'revoked' } }]);
    expect(publications).toMatchObject([
      { issuer_id: otherIssuer, crl: { number: 4, entries: 0 } },
      { issuer_id: otherIssuer, crl: { number: 9, entries: 1 } },
    ]);
    expect(await world.generations.position()).toBe(events.at(-1)?.position);
  });

  it('keeps what was true before, until the event that ended it', async () => {
    const events = await history();
    await world.handle(events);
    const [, , , , certificates, identities, tokens] = await snapshot();
    expect(certificates).toMatchObject([
      { serial: serialOf(1), position: '1', until: '6', status: 'active' },
      {
        serial: serialOf(1),
        position: '6',
        until: '11',
        status: 'held',
        state: { heldAt: '2026-11-22T12:10:00.000Z' },
      },
      { serial: serialOf(2), position: '2', until: '9', state: { status: 'active' } },
      { serial: serialOf(2), position: '9', until: '12', status: 'active', state: { successor: serialOf(4) } },
    ]);
    expect(identities).toMatchObject([
      { id: workload('shop'), position: '4', until: '7', status: 'active' },
      { id: workload('shop'), position: '7', until: '16', status: 'suspended' },
    ]);
    expect(tokens).toMatchObject([{ state: { status: 'active' }, until: '14' }]);
  });

  it('is written by none but those whose generation it is', async () => {
    const events = await world.append(issued(1));
    const superseded = expect.any(SupersededError) as Error;
    await expect(world.projector.handle(1, events, { id: 'a builder', spent: 1 })).rejects.toEqual(superseded);
    await world.ownerQuery(`UPDATE projections.inventory_generations SET status = 'retired'`);
    await expect(world.projector.handle(1, events)).rejects.toEqual(superseded);
    expect(await world.db.query('SELECT position FROM projections.inventory_generations')).toEqual([{ position: '0' }]);
  });

  it('copies neither certificates nor secrets', async () => {
    await world.handle(await history());
    const text = JSON.stringify(await snapshot());
    expect(text).not.toContain(mark.toString('base64').slice(0, 20));
    expect(text).not.toContain('secretHash');
    expect(text).not.toContain('signature');
  });

  it('is the same when a batch is handled twice', async () => {
    const events = await history();
    await world.handle(events);
    const once = await snapshot();
    await world.handle(events);
    expect(await snapshot()).toEqual(once);
  });

  it.each([1, 2, 3, 4, 5])('is the same from shuffled, repeated, single deliveries (%i)', async (seed) => {
    const events = await history();
    await world.handle(events);
    const straight = await snapshot();
    await world.db.query(`TRUNCATE ${names.map((name) => `projections_inventory_1.${name}`).join(', ')}`);
    const deliveries = shuffled([...events, ...events, ...events], seed);
    for (let at = 0; at < deliveries.length; at += seed) await world.handle(deliveries.slice(at, at + seed));
    expect(await snapshot()).toEqual(straight);
  });

  it('does not let a late batch turn a state back', async () => {
    const [first] = await world.append(issued(1));
    const [second] = await world.append(revoked(1));
    await world.handle([second!]);
    await world.handle([first!]);
    expect((await snapshot())[0]).toMatchObject([{ status: 'revoked', position: '2' }]);
  });

  it('never moves its position back', async () => {
    const events = await world.append(issued(1), issued(2), issued(3));
    await world.handle(events);
    await world.handle(events.slice(0, 1));
    expect(await world.generations.position()).toBe(3);
  });

  it('passes over what it does not show', async () => {
    await world.append({
      stream: 'trust-domain-cluster.local',
      type: 'TrustDomainCreated',
      data: { name: 'cluster.local' },
    });
    await world.project();
    expect(await world.generations.position()).toBe(1);
  });

  it('asks for a repetition while the database is away, and refuses what will never fit', async () => {
    const failing = (code: string | undefined) => {
      const tables = new Tables({ query: () => Promise.reject(Object.assign(new Error('no'), { code })) });
      return new Projector(world.ledger, tables, settings);
    };
    const events = await world.append(issued(1));
    await expect(failing('57P01').handle(1, events)).rejects.toThrow(TransientError);
    await expect(failing(undefined).handle(1, events)).rejects.toThrow(TransientError);
    await expect(failing('22P05').handle(1, events)).rejects.not.toThrow(TransientError);
  });
});
