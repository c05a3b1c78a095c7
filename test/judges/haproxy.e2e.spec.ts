import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Court, eventually, issue, openCourt, release, revoke, timed } from '../support/interop.js';
import { openHaproxy } from '../support/judges/haproxy.js';

// HAProxy takes new CRLs while it runs, over its admin socket.

let court: Court;
beforeAll(async () => {
  court = await openCourt();
});
afterAll(() => court?.close());

describe('HAProxy with a CRL swapped while it runs', () => {
  it('follows a client from good to held, released and revoked', async () => {
    const { judge, service } = court;
    const [client, bystander] = [await issue(court), await issue(court)];
    const server = await issue(court, { profile: 'server' }, { subjectAltName: 'DNS:localhost,IP:127.0.0.1' });
    const crls = async (): Promise<string> => judge.read(await judge.crlsOf(client));
    const bench = { directory: judge.directory, root: service.read('root.crt'), server, ocspUrl: '', clock: 0 };
    const haproxy = await openHaproxy({ ...bench, crls: await crls() });
    const askAfterSwap = async () => {
      await haproxy.swap(await crls());
      return haproxy.judge(client);
    };
    try {
      expect(await haproxy.judge(client)).toEqual({ accepted: true, said: 'HTTP 200, ok' });
      await revoke(court, client, 'certificateHold');
      const refused = { accepted: false, said: 'TLS alert 44' };
      expect(await timed(court, 'HAProxy: held', askAfterSwap, ({ accepted }) => !accepted)).toEqual(refused);
      await release(court, client);
      expect((await timed(court, 'HAProxy: released', askAfterSwap, ({ accepted }) => accepted)).accepted).toBe(true);
      await revoke(court, client, 'keyCompromise');
      expect(await timed(court, 'HAProxy: revoked', askAfterSwap, ({ accepted }) => !accepted)).toEqual(refused);
      const other = await eventually(
        () => haproxy.judge(bystander),
        ({ accepted }) => accepted,
      );
      expect(other.accepted).toBe(true);
    } finally {
      await haproxy.close();
    }
  });
});
