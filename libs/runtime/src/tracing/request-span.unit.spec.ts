import { context, propagation, trace } from '@opentelemetry/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { json } from 'node:stream/consumers';
import { type AddressInfo } from 'node:net';
import { inSpan } from './in-span.js';
import { RequestSpan } from './request-span.js';
import { isTracing, startTracing } from './start-tracing.js';

const closing: (() => Promise<void>)[] = [];
const shutdown = { register: (_name: string, close: () => Promise<void>) => void closing.push(close) };
const received: string[] = [];
let collector: Server;

beforeAll(async () => {
  collector = createServer((request, response) => {
    void json(request).then((body) => {
      received.push(JSON.stringify(body));
      response.end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(collector, 'listening');
});
afterAll(() => {
  collector.close();
  trace.disable();
  context.disable();
  propagation.disable();
});

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const request = (traceparent: string) => ({
  method: 'POST',
  url: '/v1/revocations?secret=1',
  headers: { traceparent },
});
const sampled = request(`00-${traceId}-00f067aa0ba902b7-01`);

// In this order: what is registered with the API is there for the whole process.
describe('tracing', () => {
  it('is off unless an endpoint is named: no span, and work that is only done', async () => {
    await startTracing({ service: 'issuance', shutdown, env: {} });
    await startTracing({ service: 'issuance', shutdown, env: { OTEL_EXPORTER_OTLP_ENDPOINT: '' } });
    const disabled = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_SDK_DISABLED: 'true' };
    await startTracing({ service: 'issuance', shutdown, env: disabled });
    expect([isTracing(), closing.length, RequestSpan.start(sampled)]).toEqual([false, 0, undefined]);
    expect(await inSpan('x', {}, () => Promise.resolve(trace.getActiveSpan()?.isRecording() ?? false))).toBe(false);
  });

  it('goes on in the caller’s trace, and sends what ended when it closes', async () => {
    const { port } = collector.address() as AddressInfo;
    const endpoint = `http://127.0.0.1:${port}`;
    process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = endpoint;
    await startTracing({ service: 'issuance', shutdown, env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } });
    delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
    expect(isTracing()).toBe(true);
    const span = RequestSpan.start(sampled)!;
    expect(span.traceId).toBe(traceId);
    expect(span.traceresponse).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
    const work = span.within(() => inSpan('inner', {}, () => Promise.reject(new RangeError('no'))));
    await expect(work).rejects.toThrow('no');
    span.end('POST', '/v1/revocations', 201, 'c-1');
    for (const close of closing) await close();
    const sent = received.join();
    expect(sent).toContain('"name":"POST /v1/revocations"');
    expect(sent).toContain('"name":"inner"');
    expect(sent).toContain('"stringValue":"RangeError"');
    expect(sent).toContain('"stringValue":"cartulary-issuance"');
    expect(sent).not.toContain('secret');
  });

  it('makes nothing of a trace that its caller does not sample, or of a header that is none', () => {
    expect(RequestSpan.start(request(`00-${traceId}-00f067aa0ba902b7-00`))!.traceresponse).toMatch(/-00$/);
    expect(RequestSpan.start(request('00-zz-1-01'))!.traceId).not.toBe(traceId);
  });
});
