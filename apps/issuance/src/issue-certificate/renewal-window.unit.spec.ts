import { certificateStream, parseSerial, parseTimestamp, renewalWindow, timestamp } from '@cartulary/domain';
import { testCsr } from '@cartulary/service/testing';
import { expect, it } from 'vitest';
import { Issuance } from '../testing/issuance.fixture.spec.js';

const policy = { from: 0.2, to: 0.4, length: 0.3 };

it('every certificate gets its renewal window by the policy, from the moment of its issuance, renewals too', async () => {
  const issuance = await Issuance.create({ settings: { renewal: policy } });
  const { clock, ledger } = issuance.domain;
  const { certificate } = await issuance.issueFor({ ttl: '10m' });
  clock.advance(60_000);
  const renewal = await issuance.renew(certificate.serial, (await testCsr()).csr);
  for (const [shown, at] of [
    [certificate, clock.now().getTime() - 60_000],
    [renewal, clock.now().getTime()],
  ] as const) {
    const [serial, notAfter] = [parseSerial(shown.serial), parseTimestamp(shown.notAfter)];
    const window = renewalWindow({ serial, validFrom: timestamp(new Date(at)), notAfter }, policy);
    expect(shown.renewalWindow).toEqual(window);
    const life = Date.parse(notAfter) - at;
    expect((Date.parse(window.start) - at) / life).toBeGreaterThanOrEqual(0.2);
    expect((Date.parse(window.start) - at) / life).toBeLessThanOrEqual(0.4);
    const [event] = (await ledger.readStream(certificateStream(serial))).events;
    expect(event?.data['renewalWindow']).toEqual(window);
  }
});
