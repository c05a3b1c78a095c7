import { timestamp } from '@cartulary/domain';
import { newSerial, verifyCrl } from '@cartulary/x509';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openPublicSide, type PublicSide } from '../testing/public-side.fixture.spec.js';

const ENTRIES = 40_000;

describe('a CRL of megabytes', () => {
  let side: PublicSide;
  let path: string;
  let whole: Buffer;
  let etag: string;

  beforeAll(async () => {
    side = await openPublicSide();
    const { issuerId } = side.workload;
    const dates = {
      revokedAt: timestamp(side.clock.now()),
      notAfter: timestamp(new Date(side.clock.now().getTime() + 3_600_000)),
    };
    // All at once: each delivery of a single one would go through all that there is.
    side.transport.cutOff = true;
    for (let entry = 0; entry < ENTRIES; entry++) {
      const data = { issuerId, serial: newSerial(), reason: 'keyCompromise', ...dates };
      side.transport.events.push({
        ...{ position: side.transport.events.length + 1, stream: `certificate-${data.serial}`, version: 2 },
        ...{ type: 'CertificateRevoked', data, recordedAt: dates.revokedAt },
      } as never);
    }
    side.transport.cutOff = false;
    side.transport.deliver();
    path = `/crl/${issuerId}.crl`;
    const before = side.state.crls.find(issuerId)?.number;
    const number = await side.authority.publishCrl(side.workload);
    // Its hash takes several turns, and until then the last one is served.
    expect(side.state.crls.find(issuerId)?.number).toBe(before);
    await vi.waitFor(() => expect(side.state.crls.find(issuerId)?.number).toBe(number), { timeout: 15_000 });
    const response = await side.get(path);
    etag = response.headers.get('etag') ?? '';
    whole = Buffer.from(await response.arrayBuffer());
  });
  afterAll(() => side.close());

  it('comes as it was published', () => {
    expect(verifyCrl(whole, side.workload.certificate).entries).toHaveLength(ENTRIES);
    expect(etag).toBe(`"${side.state.crls.find(side.workload.issuerId)?.sha256}"`);
  });

  it('comes in parts, from which a client makes the whole', async () => {
    const half = Math.floor(whole.length / 2);
    const parts: Buffer[] = [];
    for (const range of [`bytes=0-${half - 1}`, `bytes=${half}-`]) {
      const response = await side.get(path, { range, 'if-range': etag });
      expect([response.status, response.headers.get('etag')]).toEqual([206, etag]);
      expect(response.headers.get('content-range')).toMatch(new RegExp(`^bytes \\d+-\\d+/${whole.length}$`));
      parts.push(Buffer.from(await response.arrayBuffer()));
    }
    expect(Buffer.concat(parts).equals(whole)).toBe(true);
    const last = await side.get(path, { range: 'bytes=-7' });
    expect(Buffer.from(await last.arrayBuffer())).toEqual(whole.subarray(-7));
  });

  it('comes whole where the part is of another, and not at all where there is none', async () => {
    const other = await side.get(path, { range: 'bytes=0-1', 'if-range': '"another"' });
    expect([other.status, (await other.arrayBuffer()).byteLength]).toEqual([200, whole.length]);
    const beyond = await side.get(path, { range: `bytes=${whole.length}-` });
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${whole.length}`]);
    expect((await side.get(path, { range: 'bytes=0-1', 'if-none-match': etag })).status).toBe(304);
  });

  it('says what it can without the body', async () => {
    const head = await fetch(side.url + path, { method: 'HEAD', headers: { range: 'bytes=0-1' } });
    const said = ['content-length', 'accept-ranges', 'etag'].map((name) => head.headers.get(name));
    expect([head.status, ...said]).toEqual([200, String(whole.length), 'bytes', etag]);
  });
});
