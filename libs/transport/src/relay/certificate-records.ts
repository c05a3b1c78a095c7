import { type CertificateChange, type CertificateStateRecord, type PublishedEvent } from '@cartulary/contracts';
import { type RecordedEvent } from '@cartulary/ledger';
import { type StateRecord } from './state-record.js';

/** It stands differently in few CRLs that anybody still needs. */
const MOST_EARLIER = 16;

type ChangeType = 'CertificateHeld' | 'CertificateReleased' | 'CertificateRevoked';
type Placed = Pick<RecordedEvent, 'position' | 'recordedAt'>;
export type CertificateStateEvent = PublishedEvent & { type: 'CertificateIssued' | ChangeType } & Placed;
type ChangeEvent = PublishedEvent & { type: ChangeType } & Placed;

const changeTypes: readonly string[] = ['CertificateHeld', 'CertificateReleased', 'CertificateRevoked'];
const isChange = ({ type }: Pick<RecordedEvent, 'type'>): boolean => changeTypes.includes(type);

/** Behind its issuance (version 1) and before this there was something, if only a renewal. */
export const mayHaveEarlier = (event: RecordedEvent): boolean => event.version > 2 && isChange(event);

/** `history`: the certificate's stream, also beyond the event; needed where `mayHaveEarlier`. */
export const certificateRecords = (
  event: CertificateStateEvent,
  history: readonly RecordedEvent[] = [],
): StateRecord[] => {
  const { serial, issuerId, notAfter } = event.data;
  const named = { serial, issuerId, notAfter, position: event.position };
  const state = (value: Omit<CertificateStateRecord, keyof typeof named>): StateRecord => ({
    topic: 'state.certificate',
    key: serial,
    value: { ...named, ...value },
  });
  if (event.type === 'CertificateIssued') return [state({ status: 'active', since: event.recordedAt })];
  const { position: _position, ...change } = changeOf(event);
  const before = history.filter((one) => one.position < event.position && isChange(one)).slice(-MOST_EARLIER);
  const earlier = before.map((one) => changeOf(one as unknown as ChangeEvent));
  const record = state({ ...change, ...(earlier.length > 0 ? { earlier } : {}) });
  if (event.type !== 'CertificateRevoked') return [record];
  const { reason, revokedAt, invalidityDate } = event.data;
  const revoked = { ...named, reason, revokedAt, ...(invalidityDate ? { invalidityDate } : {}) };
  return [record, { topic: 'revoked', key: serial, value: revoked }];
};

const changeOf = (event: ChangeEvent): CertificateChange => {
  const { position } = event;
  switch (event.type) {
    case 'CertificateHeld':
      return { status: 'held', since: event.data.heldAt, position };
    case 'CertificateReleased':
      return { status: 'active', since: event.data.releasedAt, position };
    case 'CertificateRevoked': {
      const { reason, revokedAt, invalidityDate } = event.data;
      return { status: 'revoked', since: revokedAt, reason, ...(invalidityDate ? { invalidityDate } : {}), position };
    }
  }
};
