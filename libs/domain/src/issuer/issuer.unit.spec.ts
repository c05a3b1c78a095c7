import { describe, expect, it } from 'vitest';
import { fold } from '../shared/decider.js';
import type { Timestamp } from '../shared/ids.js';
import { at, issuer, issuerId } from '../testing/fixtures.js';
import { cellsOf, outcomeOf, specificationFor } from '../testing/specification.js';
import {
  type IssuerCommand,
  issuerDecider,
  type IssuerEvent,
  IssuerNotActiveError,
  type IssuerState,
} from './issuer.js';

const given = specificationFor(issuerDecider);
const created: IssuerEvent = { type: 'IssuerCreated', data: issuer };
const imported: IssuerEvent = { type: 'IssuerImported', data: issuer };
const activated: IssuerEvent = { type: 'IssuerActivated', data: { issuerId, activatedAt: at(1) } };
const retired: IssuerEvent = { type: 'IssuerRetired', data: { issuerId, retiredAt: at(2) } };
const activate = (now: Timestamp): IssuerCommand => ({ type: 'ActivateIssuer', issuerId, now });

const histories = {
  unknown: [],
  prepared: [created],
  'prepared by import': [imported],
  active: [created, activated],
  retired: [created, activated, retired],
  'retired before it was active': [created, retired],
} satisfies Record<IssuerState['status'], IssuerEvent[]> & Record<string, IssuerEvent[]>;
const commands: { [Type in IssuerCommand['type']]: IssuerCommand & { type: Type } } = {
  CreateIssuer: { type: 'CreateIssuer', issuer },
  ImportIssuer: { type: 'ImportIssuer', issuer },
  ActivateIssuer: { type: 'ActivateIssuer', issuerId, now: at(3) },
  RetireIssuer: { type: 'RetireIssuer', issuerId, now: at(3) },
};
type Row = Record<IssuerCommand['type'], string>;
const existing = { CreateIssuer: 'ISSUER_EXISTS', ImportIssuer: 'ISSUER_EXISTS' };
const prepared: Row = { ...existing, ActivateIssuer: 'IssuerActivated', RetireIssuer: 'IssuerRetired' };
const over: Row = { ...existing, ActivateIssuer: 'ISSUER_NOT_ACTIVE', RetireIssuer: 'nothing' };
const table: Record<keyof typeof histories, Row> = {
  unknown: {
    CreateIssuer: 'IssuerCreated',
    ImportIssuer: 'IssuerImported',
    ActivateIssuer: 'ISSUER_NOT_FOUND',
    RetireIssuer: 'ISSUER_NOT_FOUND',
  },
  prepared,
  'prepared by import': prepared,
  active: { ...existing, ActivateIssuer: 'nothing', RetireIssuer: 'IssuerRetired' },
  retired: over,
  'retired before it was active': over,
};
it.each(cellsOf(histories, commands, table))('$state: $name → $expected', ({ history, command, expected }) =>
  expect(outcomeOf(issuerDecider, history, command)).toBe(expected),
);

describe('events', () => {
  it('hold the record as it is', () => {
    given([]).when({ type: 'CreateIssuer', issuer }).then([created]);
    given([]).when({ type: 'ImportIssuer', issuer }).then([imported]);
  });
  it('are dated', () => {
    given([created])
      .when(activate(at(1)))
      .then([activated]);
    given([created, activated])
      .when({ type: 'RetireIssuer', issuerId, now: at(2) })
      .then([retired]);
  });
});

describe('ActivateIssuer', () => {
  it.each([issuer.notBefore, issuer.notAfter])('is good through its validity (%s)', (now) =>
    given([created])
      .when(activate(now))
      .then([{ type: 'IssuerActivated', data: { issuerId, activatedAt: now } }]),
  );
  it.each([at(-61), at(121)])('is refused outside its validity (%s)', (now) =>
    given([created]).when(activate(now)).thenThrows(IssuerNotActiveError),
  );
});

describe('evolve', () => {
  it('tells an imported issuer from a created one', () => {
    expect(fold(issuerDecider, [created])).toEqual({ ...issuer, status: 'prepared', imported: false });
    expect(fold(issuerDecider, [imported, activated])).toEqual({ ...issuer, status: 'active', imported: true });
  });
  it.each([created, imported, activated])('never leads out of retired ($type)', (event) =>
    expect(fold(issuerDecider, [...histories.retired, event]).status).toBe('retired'),
  );
  it.each([activated, retired])('leaves what does not exist ($type)', (event) =>
    expect(fold(issuerDecider, [event])).toEqual({ status: 'unknown' }),
  );
  it.each(Object.entries(histories))('ignores events it does not know (%s)', (_name, history) => {
    const state = fold(issuerDecider, history);
    expect(fold({ ...issuerDecider, initial: state }, [{ type: 'IssuerCrossSigned', data: {} }])).toBe(state);
  });
});
