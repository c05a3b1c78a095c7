import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseNodeName, type Serial } from '../shared/ids.js';
import {
  at,
  certificate,
  identity,
  issuerId,
  keyHash,
  otherIdentity,
  otherKeyHash,
  serial,
} from '../testing/fixtures.js';
import { type GateEvent, parseIncidentId } from './events.js';
import {
  type Ancestor,
  type Ancestry,
  asksForAncestry,
  barredBy,
  credentialHitBy,
  gateOf,
  noAncestry,
} from './gate.js';
import { allowsReissueFirst, type IncidentSelector, isHit, type Selectable, selectableOf } from './selector.js';

const incidentId = parseIncidentId('abcdef012345');
const node = parseNodeName('node-7');
const GATE = 100;

type Positioned = GateEvent & { position: number };
const closed = (selector: IncidentSelector, reissueFirst = false): Positioned => ({
  ...{ type: 'GateClosed', data: { incidentId, selector, reissueFirst, closedAt: at(0) }, position: GATE },
});
const narrowed: Positioned = { type: 'GateNarrowed', data: { incidentId, narrowedAt: at(1) }, position: GATE + 10 };
const opened: Positioned = { type: 'GateOpened', data: { incidentId, openedAt: at(2) }, position: GATE + 20 };

const clean: Selectable = { ...selectableOf(certificate, at(0)), identity: otherIdentity, keyHash: otherKeyHash };
const ancestor = (position: number, more: Partial<Selectable> = {}): Ancestor => ({ ...clean, ...more, position });
const ancestry = (...ancestors: Ancestor[]): Ancestry => ({ ancestors, since: ancestors[0]?.position ?? 0 });
const token = (since: number): Ancestry => ({ ancestors: [], since });

const selectors: [string, IncidentSelector, Partial<Selectable>][] = [
  ['key', { keyHash }, { keyHash }],
  ['serials', { serials: [serial] }, { serial }],
  ['identity', { identity }, { identity }],
  ['namespace', { namespace: 'shop' }, { identity }],
  ['node', { node }, { node }],
  ['issuer', { issuerId }, { issuerId }],
  ['time', { issuedBetween: { from: at(-1), to: at(0) } }, { issuedAt: at(0) }],
  ['identity and node', { identity, node }, { identity, node }],
];
const other: Selectable = { ...clean, serial: '99' as Serial, issuerId: 'ffff' as typeof issuerId, issuedAt: at(9) };
const elsewhere: Selectable = { ...other, identity: 'spiffe://cluster.local/ns/bank/sa/pay' as typeof identity };

describe.each(selectors)('by %s', (_name, selector, agreeing) => {
  const hit = { ...elsewhere, ...agreeing };
  const bars = (events: Positioned[], issued: Selectable, by: Ancestry, predecessor = noAncestry) =>
    barredBy(gateOf(events), { issued, by, predecessor }) !== undefined;

  it('means what agrees with all of it', () => {
    expect(isHit(selector, hit)).toBe(true);
    expect(isHit(selector, elsewhere)).toBe(false);
  });
  it('lets nothing pass that it means, until it is contained', () => {
    expect(bars([closed(selector)], hit, token(GATE + 5))).toBe(true);
    expect(bars([closed(selector)], elsewhere, token(1))).toBe(false);
    expect(bars([closed(selector), narrowed, opened], hit, token(1))).toBe(false);
  });
  it('lets nothing pass that descends from it, by credential or predecessor', () => {
    const chain = ancestry(ancestor(50, elsewhere), ancestor(20, hit));
    expect(bars([closed(selector)], elsewhere, chain)).toBe(true);
    expect(bars([closed(selector)], elsewhere, token(1), chain)).toBe(true);
    expect(bars([closed(selector)], elsewhere, ancestry(ancestor(50, elsewhere)))).toBe(false);
  });
  it('takes what was issued since for no ancestor', () =>
    expect(bars([closed(selector)], elsewhere, ancestry(ancestor(GATE + 1, hit)))).toBe(false));
  it('makes what descends from it no credential', () => {
    const gate = gateOf([closed(selector)]);
    expect(credentialHitBy(gate, ancestry(ancestor(50, elsewhere), ancestor(20, hit)))).toBe(incidentId);
    expect(credentialHitBy(gate, ancestry(ancestor(50, elsewhere)))).toBeUndefined();
    expect(credentialHitBy(gateOf([closed(selector), narrowed]), ancestry(ancestor(20, hit)))).toBeUndefined();
  });
});

describe('a narrowed gate', () => {
  const passes = (selector: IncidentSelector, issued: Partial<Selectable>, by: Ancestry) =>
    barredBy(gateOf([closed(selector), narrowed]), {
      issued: { ...elsewhere, ...issued },
      by,
      predecessor: noAncestry,
    }) === undefined;

  it('lets identities, namespaces and issuers have certificates again', () => {
    expect(passes({ identity }, { identity }, token(1))).toBe(true);
    expect(passes({ namespace: 'shop' }, { identity }, token(1))).toBe(true);
    expect(passes({ issuerId }, { issuerId }, token(1))).toBe(true);
  });
  it('keeps a key and a time barred, whoever asks', () => {
    expect(passes({ keyHash }, { keyHash }, token(GATE + 30))).toBe(false);
    expect(passes({ issuedBetween: { from: at(-1), to: at(0) } }, { issuedAt: at(0) }, token(GATE + 30))).toBe(false);
  });
  it('keeps a node barred for credentials that are older than the incident, and for the services themselves', () => {
    expect(passes({ node }, { node }, token(GATE - 1))).toBe(false);
    expect(passes({ node }, { node }, noAncestry)).toBe(false);
    expect(passes({ node }, { node }, token(GATE + 1))).toBe(true);
    expect(passes({ node, keyHash }, { node, keyHash }, token(GATE + 1))).toBe(false);
  });
  it('asks for ancestries only where they matter', () => {
    expect(asksForAncestry(gateOf([]))).toBe(false);
    expect(asksForAncestry(gateOf([closed({ identity })]))).toBe(true);
    expect(asksForAncestry(gateOf([closed({ identity }), narrowed]))).toBe(false);
    expect(asksForAncestry(gateOf([closed({ node }), narrowed]))).toBe(true);
  });
});

describe('re-issue first', () => {
  const gate = gateOf([closed({ identity }, true)]);
  const issued = { ...elsewhere, identity };
  const hit = ancestry(ancestor(20, issued));
  it('lets renewals through that somebody else asks for, and none by what is hit', () => {
    expect(barredBy(gate, { issued, by: token(1), predecessor: hit })).toBeUndefined();
    expect(barredBy(gate, { issued, by: hit, predecessor: noAncestry })).toBe(incidentId);
    expect(credentialHitBy(gate, hit)).toBe(incidentId);
  });
  it.each(selectors)('by %s', (name, selector) =>
    expect(allowsReissueFirst(selector)).toBe(['serials', 'identity', 'namespace', 'issuer'].includes(name)),
  );
});

it('leaves OCSP delegates to answer, unless their very key or serial is named', () => {
  const delegate: Selectable = { ...clean, profile: 'ocsp-signing', issuerId, keyHash, serial };
  expect(isHit({ issuerId }, delegate)).toBe(false);
  expect(isHit({ issuedBetween: { from: at(-9), to: at(9) } }, delegate)).toBe(false);
  expect(isHit({ keyHash }, delegate)).toBe(true);
  expect(isHit({ serials: [serial] }, delegate)).toBe(true);
});

describe('any history of issuances', () => {
  const identities = [identity, otherIdentity];
  const nodes = [node, parseNodeName('node-8')];
  const pick = fc.nat({ max: 1 });
  const selector: fc.Arbitrary<IncidentSelector> = fc.oneof(
    pick.map((n) => ({ identity: identities[n]! })),
    pick.map((n) => ({ node: nodes[n]! })),
    fc.tuple(pick, pick).map(([n, m]) => ({ identity: identities[n]!, node: nodes[m]! })),
    fc.array(fc.nat({ max: 29 }), { minLength: 1, maxLength: 3 }).map((ns) => ({
      serials: [...new Set(ns)].map((n) => `${10 + n}` as Serial),
    })),
  );
  /** Of each: what it is, and which of those before asked for it and is renewed by it. */
  const history = fc.array(fc.record({ identity: pick, node: pick, by: fc.nat(), renews: fc.nat() }), {
    maxLength: 30,
  });

  it('leaves nothing live that an incident means or that descends from what it means', () =>
    fc.assert(
      fc.property(history, selector, fc.nat({ max: 30 }), (steps, wanted, declaredAt) => {
        const known: { certificate: Ancestor; ancestors: Ancestor[] }[] = [];
        const gate = gateOf([{ ...closed(wanted), position: declaredAt + 0.5 }]);
        steps.forEach((step, index) => {
          const position = index + 1;
          const parents = [step.by, step.renews].map((n) =>
            n % 3 === 0 || known.length === 0 ? undefined : known[n % known.length],
          );
          const [by, predecessor] = parents.map((parent): Ancestry =>
            parent
              ? { ancestors: [parent.certificate, ...parent.ancestors], since: parent.certificate.position }
              : token(0),
          ) as [Ancestry, Ancestry];
          const certificate = {
            ...{ ...clean, serial: `${10 + index}` as Serial, position },
            ...{ identity: identities[step.identity]!, node: nodes[step.node]! },
          };
          if (position > declaredAt && barredBy(gate, { issued: certificate, by, predecessor })) return;
          known.push({ certificate, ancestors: [...by.ancestors, ...predecessor.ancestors] });
        });
        const isMeant = ({ certificate, ancestors }: (typeof known)[number]) =>
          [certificate, ...ancestors].some((one) => isHit(wanted, one));
        // Those that were there are for the incident to revoke; behind its gate there must be none.
        const late = known.filter((one) => one.certificate.position > declaredAt && isMeant(one));
        expect(late).toEqual([]);
      }),
      { numRuns: 500 },
    ));
});
