import { randomBytes } from 'node:crypto';
import supertest from 'supertest';
import { expect } from 'vitest';
import type { Cluster, CollectedSpan, TraceCollector } from '@cartulary/testing';

const [SERVER, PRODUCER, CONSUMER] = [2, 4, 5];
const PATIENCE = { timeout: 60_000, interval: 100 };

/** What makes a process trace, and only what its callers trace already. */
export const tracedOnDemand = (collector: TraceCollector): Record<string, string> => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
  OTEL_TRACES_SAMPLER_ARG: '0',
  OTEL_BSP_SCHEDULE_DELAY: '200',
});

/** From the span up to the one that a caller began: `POST /v1/revocations > decide > append > …`. */
const pathTo = (span: CollectedSpan, spans: readonly CollectedSpan[]): string[] => {
  const parent = spans.find(({ spanId }) => spanId === span.parentSpanId);
  return [...(parent ? pathTo(parent, spans) : []), span.name];
};

/** A revocation in a caller's trace: whatever it causes, in whichever process, stands below the caller's span. */
export const expectOneTraceOf = async (cluster: Cluster, collector: TraceCollector, serial: string): Promise<void> => {
  const [traceId, callersSpan] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
  const answer = await supertest(cluster.one('revocation').restUrl)
    .post('/v1/revocations')
    .ca(cluster.read('root.crt'))
    .key(cluster.read('operator.key'))
    .cert(cluster.read('operator.crt'))
    .set('traceparent', `00-${traceId}-${callersSpan}-01`)
    .send({ serial, reason: 'keyCompromise' });
  expect(answer.status).toBe(201);
  expect(answer.headers['x-correlation-id']).toBe(traceId);
  expect(answer.headers['traceresponse']).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));

  const spans = (): CollectedSpan[] => collector.of(traceId);
  const revoked = (kind: number): CollectedSpan[] =>
    spans().filter((span) => span.kind === kind && span.attributes['cartulary.type'] === 'CertificateRevoked');
  const asked = 'POST /v1/revocations';
  const sent = [asked, 'decide', 'append', 'send'];

  await expect
    .poll(() => spans().map(({ name }) => name), PATIENCE)
    .toEqual(expect.arrayContaining([asked, 'crl sign']));
  const [request, ...others] = spans().filter(({ kind }) => kind === SERVER);
  expect(others).toEqual([]);
  expect(request).toMatchObject({ service: 'cartulary-revocation', parentSpanId: callersSpan });
  await expect.poll(() => revoked(PRODUCER).map((span) => pathTo(span, spans())), PATIENCE).toEqual([sent]);

  const responders = (): CollectedSpan[] =>
    revoked(CONSUMER).filter(({ service }) => service === 'cartulary-responder');
  await expect.poll(() => responders().length, PATIENCE).toBeGreaterThanOrEqual(cluster.of('responder').length);
  for (const span of responders()) {
    expect(pathTo(span, spans()).slice(0, -1)).toEqual(sent);
    expect(span.name).toMatch(/^process /);
  }
  // The CRL that it is on, too: published by whichever replica was first, because of this.
  const sign = spans().find(({ name }) => name === 'crl sign')!;
  const publishing = [...sent, 'process crl-publisher'];
  await expect.poll(() => pathTo(sign, spans()).slice(0, publishing.length), PATIENCE).toEqual(publishing);
};
