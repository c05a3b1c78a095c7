import { describe, expect, it } from 'vitest';
import { checkTopics } from '../support/faults/topics/check-topics.js';
import {
  alice,
  bob,
  eventAt,
  heartbeatTo,
  honestLedger,
  honestTopics,
  isEventOf,
  numbered,
  recordOf,
} from '../support/faults/topics/honest-topics.js';
import { type TopicRecord } from '../support/faults/topics/topic-record.js';

type Records = TopicRecord[];
type Change = (records: Records) => unknown;

const doctor = (change: Change): string[] => {
  const { partitions, records } = honestTopics();
  const copy = structuredClone(records) as Records;
  change(copy);
  return checkTopics(honestLedger, { partitions, records: numbered(copy) });
};
const drop =
  (which: (record: TopicRecord) => boolean): Change =>
  (records) =>
    void records.splice(0, records.length, ...records.filter((record) => !which(record)));
const replace =
  (which: (record: TopicRecord) => boolean, change: (record: TopicRecord) => Partial<TopicRecord>): Change =>
  (records) => {
    const index = records.findLastIndex(which);
    records[index] = { ...records[index]!, ...change(records[index]!) };
  };
const header = (name: string, value: string) => (record: TopicRecord) => ({
  headers: { ...record.headers, [name]: value },
});
const isState =
  (topic: string, key: string, position?: number) =>
  (record: TopicRecord): boolean =>
    record.topic === topic &&
    record.key === key &&
    (position === undefined || record.headers['ce_position'] === String(position));
const event = (position: number) => honestLedger[position - 1]!;
const append =
  (record: Omit<TopicRecord, 'offset'>): Change =>
  (records) =>
    records.push({ ...record, offset: 0 });

describe('the checker of topics', () => {
  it('finds nothing wrong with an honest relay that repeats itself', () => {
    const { partitions, records } = honestTopics();
    expect(checkTopics(honestLedger, { partitions, records })).toEqual([]);
  });

  it.each<[string, RegExp, Change]>([
    ['an event that is on no topic', /^lost: CertificateRevoked 6/, drop(isEventOf(6))],
    [
      'a revocation that is lost with its state',
      /^missing: revoked of 01aa/,
      drop((record) => isEventOf(6)(record) || isState('revoked', alice)(record)),
    ],
    [
      'an event that is not in the ledger',
      /says 10, which is not in the ledger/,
      append(recordOf(eventAt(10, 'certificate-01cc', 1, 'CertificateIssued', { serial: '01cc' }))),
    ],
    [
      'an event with other data',
      /^another event: CertificateReleased 9 .* other data/,
      replace(isEventOf(9), () => ({ value: '{"serial":"01bb"}' })),
    ],
    [
      'data that say the same in other bytes',
      /other data/,
      replace(isEventOf(9), ({ value }) => ({ value: JSON.stringify(JSON.parse(value!), null, 1) })),
    ],
    ['an event without data', /other data/, replace(isEventOf(9), () => ({ value: null }))],
    [
      'another leaf hash',
      /^another event: .*ce_leafhash/,
      replace(isEventOf(9), header('ce_leafhash', '00'.repeat(32))),
    ],
    ['another actor', /^another event: .*ce_actorid/, replace(isEventOf(9), header('ce_actorid', 'mallory'))],
    ['another time', /^another event: .*ce_time/, replace(isEventOf(9), header('ce_time', '2020-01-01T00:00:00.000Z'))],
    ['another id', /^another event: .*ce_id/, replace(isEventOf(9), header('ce_id', 'id-8'))],
    ['a type that is none', /^no CloudEvent/, replace(isEventOf(9), header('ce_type', 'CertificateReleased'))],
    ['another schema', /^no CloudEvent/, replace(isEventOf(9), header('ce_dataschema', 'urn:other'))],
    ['another key', /^another key/, replace(isEventOf(9), () => ({ key: 'certificate-01cc' }))],
    ['another topic', /belongs to the topic publication/, replace(isEventOf(8), () => ({ topic: 'certificate' }))],
    [
      'a stream on two partitions',
      /is on certificate\/0 and on certificate\/1/,
      replace(isEventOf(9), () => ({ partition: 1 })),
    ],
    [
      'two events in the wrong order',
      /^out of order: 3 .* after 4/,
      (records) => {
        const [three, four] = [3, 4].map((position) => records.findIndex(isEventOf(position))) as [number, number];
        [records[three], records[four]] = [records[four]!, records[three]!];
      },
    ],
    [
      'a repeat that is another event',
      /^the repeat of 5 .* is another one/,
      replace(isEventOf(5), ({ headers }) => ({ headers: { ...headers, ce_extra: 'x' } })),
    ],
    [
      'a heartbeat that came before what it vouches for',
      /^a heartbeat before .* said that 9 had gone before/,
      (records) => records.splice(records.findIndex(isEventOf(9)), 0, { ...heartbeatTo('certificate', 9), offset: 0 }),
    ],
    [
      'a heartbeat from beyond the ledger’s end',
      /speaks of 12, which is not in the ledger/,
      append(heartbeatTo('certificate', 12)),
    ],
    [
      'a partition that hears no end',
      /^issuer\/0 is complete up to 6 only/,
      drop(({ topic, value }) => topic === 'issuer' && value !== null && value.includes('"position":9')),
    ],
    [
      'a revoked certificate brought back by an old record, written last',
      /^stale: state.certificate of 01aa ends with 3, the ledger with 6/,
      (records) => records.push(records.find(isState('state.certificate', alice, 3))!),
    ],
    [
      'a state that says active of a revoked certificate',
      /says status "active", the ledger "revoked"/,
      replace(isState('state.certificate', alice, 6), ({ value }) => ({
        value: JSON.stringify({ ...(JSON.parse(value!) as object), status: 'active' }),
      })),
    ],
    [
      'a revoked entry with another reason',
      /^revoked of 01aa .* says reason/,
      replace(isState('revoked', alice), ({ value }) => ({ value: value!.replace('keyCompromise', 'superseded') })),
    ],
    [
      'a revoked entry for one that is not revoked',
      /^revoked of 01bb .* where the ledger says nothing of it/,
      (records) => {
        const { value, headers, ...record } = records.find(isState('revoked', alice))!;
        records.push({ ...record, key: bob, value: value!.replaceAll(alice, bob), headers });
      },
    ],
    ['a revoked entry that is gone', /^missing: revoked of 01aa/, drop(isState('revoked', alice))],
    [
      'a revoked entry that was removed',
      /^removed: revoked of 01aa/,
      (records) => records.push({ ...records.find(isState('revoked', alice))!, value: null }),
    ],
    [
      'another hash of a CRL',
      /^state.publication of .* says sha256/,
      replace(isState('state.publication', 'feedfacefeedface'), ({ value }) => ({ value: value!.replace('cc', 'dd') })),
    ],
    ['an issuer that no state knows', /^missing: state.issuer/, drop(isState('state.issuer', 'feedfacefeedface'))],
    [
      'a dead letter',
      /^set aside: revocation\/6/,
      append({ ...recordOf(event(6)), topic: 'dead-letter', key: 'revocation/6' }),
    ],
  ])('finds %s', (_what, complaint, change) => {
    const found = doctor(change);
    expect(
      found.some((violation) => complaint.test(violation)),
      found.join('\n'),
    ).toBe(true);
  });
});
