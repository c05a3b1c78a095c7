import { describe, expect, it } from 'vitest';
import { InvalidityDateError } from '../certificate/errors.js';
import { parseRotationId } from '../rotation/events.js';
import { fold } from '../shared/decider.js';
import { InvalidValueError } from '../shared/errors.js';
import { parseSerial } from '../shared/ids.js';
import { at, identity, keyHash, serial } from '../testing/fixtures.js';
import { cellsOf, outcomeOf, specificationFor } from '../testing/specification.js';
import { IncidentNotContainedError, ReissueFirstRefusedError } from './errors.js';
import { type IncidentCounts, type IncidentEvent, parseIncidentId } from './events.js';
import { type IncidentCommand, incidentDecider, type IncidentState } from './incident.js';
import { MOST_SERIALS_HIT } from './selector.js';

const given = specificationFor(incidentDecider);
const incidentId = parseIncidentId('abcdef012345');
const what = { incidentId, selector: { identity }, reason: 'keyCompromise' } as const;
const counts = (hit: number, revoked = 0, alreadyRevoked = 0, expired = 0): IncidentCounts => ({
  ...{ hit, revoked, alreadyRevoked, expired },
});
const declare: IncidentCommand & { type: 'DeclareIncident' } = { type: 'DeclareIncident', ...what, now: at(0) };
const report = (hit: number, through: number, revoked = 0): IncidentCommand => ({
  ...{ type: 'ReportContainment', incidentId, hit, through, done: { revoked, alreadyRevoked: 0, expired: 0 } },
  now: at(1),
});
const declared: IncidentEvent = { type: 'IncidentDeclared', data: { ...what, declaredAt: at(0) } };
const progressed = (counted: IncidentCounts, through: number): IncidentEvent => ({
  ...{ type: 'IncidentProgressed', data: { incidentId, counts: counted, through, progressedAt: at(1) } },
});
const contained = (counted: IncidentCounts): IncidentEvent => ({
  ...{ type: 'IncidentContained', data: { incidentId, counts: counted, containedAt: at(1) } },
});
const closed: IncidentEvent = { type: 'IncidentClosed', data: { incidentId, closedAt: at(1) } };

const histories: Record<IncidentState['status'], IncidentEvent[]> = {
  unknown: [],
  declared: [declared, progressed(counts(1), 0), progressed(counts(1, 1), 7)],
  contained: [declared, progressed(counts(0), 0), contained(counts(0))],
  closed: [declared, progressed(counts(0), 0), contained(counts(0)), closed],
};
const commands: Record<IncidentCommand['type'], IncidentCommand> = {
  DeclareIncident: declare,
  ReportContainment: report(1, 9),
  ContainIncident: { type: 'ContainIncident', incidentId, now: at(1) },
  CloseIncident: { type: 'CloseIncident', incidentId, now: at(1) },
};
const table: Record<IncidentState['status'], Record<IncidentCommand['type'], string>> = {
  unknown: {
    DeclareIncident: 'IncidentDeclared',
    ReportContainment: 'INCIDENT_NOT_FOUND',
    ContainIncident: 'INCIDENT_NOT_FOUND',
    CloseIncident: 'INCIDENT_NOT_FOUND',
  },
  declared: {
    DeclareIncident: 'INCIDENT_EXISTS',
    ReportContainment: 'IncidentProgressed',
    ContainIncident: 'IncidentContained',
    CloseIncident: 'INCIDENT_NOT_CONTAINED',
  },
  contained: {
    DeclareIncident: 'INCIDENT_EXISTS',
    ReportContainment: 'nothing',
    ContainIncident: 'nothing',
    CloseIncident: 'IncidentClosed',
  },
  closed: {
    DeclareIncident: 'INCIDENT_EXISTS',
    ReportContainment: 'nothing',
    ContainIncident: 'nothing',
    CloseIncident: 'nothing',
  },
};
it.each(cellsOf(histories, commands, table))('$state: $name → $expected', ({ history, command, expected }) =>
  expect(outcomeOf(incidentDecider, history, command)).toBe(expected),
);

describe('DeclareIncident', () => {
  it('says what is compromised, why, and since when', () =>
    given([])
      .when({ ...declare, invalidityDate: at(-5) })
      .then([{ type: 'IncidentDeclared', data: { ...what, invalidityDate: at(-5), declaredAt: at(0) } }]));
  it('is not for a time to come', () =>
    given([])
      .when({ ...declare, invalidityDate: at(1) })
      .thenThrows(InvalidityDateError));

  const serials = Array.from({ length: MOST_SERIALS_HIT + 1 }, (_, n) => parseSerial((n + 1).toString(16)));
  it.each([
    [{}],
    [{ serials: [] }],
    [{ serials: [serial, serial] }],
    [{ serials }],
    [{ issuedBetween: { from: at(0), to: at(-1) } }],
    [{ issuedBetween: { from: at(0), to: at(1) } }],
  ])('refuses the selector %#', (selector) =>
    given([])
      .when({ ...declare, selector })
      .thenThrows(InvalidValueError),
  );
  it('fits into one event however much it selects', () => {
    const longest = Array.from({ length: MOST_SERIALS_HIT }, (_, n) =>
      parseSerial(`7f${n.toString(16).padStart(38, '0')}`),
    );
    const [event] = incidentDecider.decide({ ...declare, selector: { serials: longest } }, incidentDecider.initial);
    expect(JSON.stringify(event?.data).length).toBeLessThan(60_000);
  });

  const reissue = { rotationId: parseRotationId('r00000000000'), until: at(10) };
  it('has things renewed first', () =>
    given([])
      .when({ ...declare, reissue })
      .then([{ type: 'IncidentDeclared', data: { ...what, reissue, declaredAt: at(0) } }]));
  it.each([[{ keyHash }], [{ keyHash, identity }], [{ identity, issuedBetween: { from: at(-2), to: at(-1) } }]])(
    'but not where that cannot be: %#',
    (selector) =>
      given([])
        .when({ ...declare, selector, reissue })
        .thenThrows(ReissueFirstRefusedError),
  );
});

describe('ReportContainment', () => {
  it('begins with how many are hit', () =>
    given([declared])
      .when(report(3, 0))
      .then([progressed(counts(3), 0)]));
  it('adds up', () =>
    given([declared, progressed(counts(3), 0), progressed(counts(3, 1), 5)])
      .when(report(3, 8, 2))
      .then([progressed(counts(3, 3), 8)]));
  it('counts no batch twice', () =>
    given([declared, progressed(counts(3), 0), progressed(counts(3, 1), 5)])
      .when(report(3, 5, 1))
      .then([]));
});

describe('ContainIncident', () => {
  const contain = commands.ContainIncident;
  it('waits for all that is hit', () =>
    given([declared, progressed(counts(3), 0), progressed(counts(3, 1, 1), 5)])
      .when(contain)
      .thenThrows(IncidentNotContainedError));
  it('waits until it is known what is hit', () =>
    given([declared]).when(contain).thenThrows(IncidentNotContainedError));
  it('says what became of them', () =>
    given([declared, progressed(counts(3), 0), progressed(counts(3, 1, 1, 1), 5)])
      .when(contain)
      .then([contained(counts(3, 1, 1, 1))]));
});

it.each(Object.entries(histories))('ignores events that it does not know (%s)', (_name, history) => {
  const state = fold(incidentDecider, history);
  expect(fold({ ...incidentDecider, initial: state }, [{ type: 'FromTheFuture', data: {} }])).toBe(state);
});
it.each(['', 'abcdef01234', 'ABCDEF012345'])('refuses the incident id %j', (text) =>
  expect(() => parseIncidentId(text)).toThrow(InvalidValueError),
);
