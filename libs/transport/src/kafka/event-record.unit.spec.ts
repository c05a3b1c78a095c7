import { eventTypes, extensionAttributes, validatorFor } from '@cartulary/contracts';
import { type RecordedEvent } from '@cartulary/ledger';
import { commandOf, InMemoryLedger, noteAt } from '@cartulary/ledger/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeEventRecord, encodeEventRecord, MalformedRecordError, type ReceivedRecord } from './event-record.js';

// As the broker hands it out: header values are bytes.
const received = ({ value, headers }: ReturnType<typeof encodeEventRecord>): ReceivedRecord => ({
  value,
  headers: Object.fromEntries(Object.entries(headers!).map(([name, text]) => [name, Buffer.from(text as string)])),
});
const recorded = async (data: object, change: Partial<ReturnType<typeof noteAt>> = {}): Promise<RecordedEvent> =>
  (await new InMemoryLedger().append({ ...noteAt('certificate-01ab', 0, data), ...change })).events[0]!;

describe('the record of an event', () => {
  it('is a CloudEvent whose value is the envelope’s data, byte for byte', async () => {
    const data = { serial: '01ab', successor: '01cd', renewedAt: '2026-11-22T12:00:00.000Z' };
    const events = [{ stream: 'certificate-01ab', type: 'CertificateRenewed', data }];
    const event = await recorded({}, { events, causationId: 'cause' });
    const { key, value, headers } = encodeEventRecord(event, 'cluster.local');
    expect(key).toBe('certificate-01ab');
    expect(value.toString()).toBe(JSON.stringify(data));
    expect(validatorFor(eventTypes.CertificateRenewed.data)(JSON.parse(value.toString()))).toMatchObject({ ok: true });
    expect(headers).toMatchObject({
      ce_specversion: '1.0',
      ce_id: event.id,
      ce_source: '//cluster.local/cartulary',
      ce_type: 'dev.cartulary.certificate.renewed.v1',
      ce_subject: event.stream,
      ce_time: event.committedAt,
      ce_position: '1',
      ce_leafhash: event.leafHash.toString('hex'),
      'content-type': 'application/json',
    });
    for (const attribute of Object.keys(extensionAttributes)) expect(headers).toHaveProperty(`ce_${attribute}`);
  });

  it('gives back the event and its envelope, whatever is in it', async () => {
    const text = fc.string({ unit: 'binary', minLength: 1 });
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), text, text, text, async (value, id, correlationId, causationId) => {
        const actor = { id, credential: 'token:"k3v9"\u2028' };
        const event = await recorded({ value }, { actor, correlationId, causationId });
        expect(decodeEventRecord(received(encodeEventRecord(event, 'cluster.local')))).toEqual(event);
      }),
      { numRuns: 200 },
    );
  });

  it('carries a trace in the transport’s own header, and no part of the event', async () => {
    const event = await recorded({ n: 1 });
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const untraced = encodeEventRecord(event, 'cluster.local');
    const traced = encodeEventRecord(event, 'cluster.local', traceparent);
    expect(traced).toEqual({ ...untraced, headers: { ...untraced.headers, traceparent } });
    expect(decodeEventRecord(received(traced))).toEqual({ ...event, traceparent });
  });

  it('keeps an envelope that is no UTF-8 in headers', async () => {
    const event = await recorded({}, { correlationId: 'half \ud83d' });
    const { value, headers } = encodeEventRecord(event, 'cluster.local');
    expect(decodeEventRecord({ value, headers: { ...headers, ce_correlationid: Buffer.from('half \ufffd') } })).toEqual(
      event,
    );
  });

  it('is refused when anything of it was changed or is missing', async () => {
    const event = (
      await new InMemoryLedger().append(
        commandOf(
          [{ stream: 'key-1', version: 0 }],
          [{ stream: 'key-1', type: 'KeyBlocked', data: { keyHash: 'ab' } }],
        ),
      )
    ).events[0]!;
    const record = received(encodeEventRecord(event, 'cluster.local'));
    const names = [
      'ce_id',
      'ce_subject',
      'ce_streamversion',
      'ce_eventtype',
      'ce_actorid',
      'ce_leafhash',
      'ce_position',
    ];
    for (const name of names) {
      const { [name]: _, ...headers } = record.headers!;
      expect(() => decodeEventRecord({ ...record, headers }), name).toThrow(MalformedRecordError);
    }
    const forged = { ...record, value: Buffer.from('{"keyHash":"ac"}') };
    expect(() => decodeEventRecord(forged)).toThrow('does not have its leaf hash');
    expect(() => decodeEventRecord({ ...record, value: null })).toThrow(MalformedRecordError);
  });
});
