import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Court, eventually, issue, type Issued, openCourt, release, revoke, timed } from '../support/interop.js';
import { type Answer, type Door, Nginx, type TlsIdentity } from '../support/interop-nginx.js';

// nginx is the judge: it has our root, asks for a client certificate, and looks its status up by itself.

let court: Court;
let nginx: Nginx;
beforeAll(async () => {
  court = await openCourt();
  const server = await issue(court, { profile: 'server' }, { subjectAltName: 'DNS:localhost,IP:127.0.0.1' });
  nginx = await Nginx.start(court.judge.directory, {
    server: identityOf(server),
    root: court.service.read('root.crt'),
    crls: await crlsFor(await issue(court)),
  });
});
afterAll(async () => {
  await nginx?.stop();
  await court?.close();
});

const identityOf = ({ keyPem, certificate, chain }: Issued): TlsIdentity => ({
  keyPem,
  certificates: certificate + chain,
});
const crlsFor = async (path: Issued): Promise<string> => court.judge.read(await court.judge.crlsOf(path));

const welcome = ({ serial }: Issued): Answer => ({ status: 200, body: `SUCCESS ${serial.toUpperCase()}\n` });
const refused = { status: 400, body: expect.stringContaining('The SSL certificate error') };
const is = (status: number) => (answer: Answer) => answer.status === status;

describe('nginx with ssl_crl', () => {
  const door = 'ssl_crl';
  const witnessed = /client SSL certificate verify error: \(23:certificate revoked\)/;

  it('refuses the held and the revoked client and welcomes the good and the released one', async () => {
    const [client, bystander] = [await issue(court), await issue(court)];
    const ask = () => nginx.ask(door, identityOf(client));
    /** With whatever CRL is out by then. */
    const askAfterReload = async () => {
      await nginx.reload(await crlsFor(client));
      return ask();
    };
    expect(await eventually(ask, is(200))).toEqual(welcome(client));

    await nginx.forget(door);
    await revoke(court, client, 'certificateHold');
    expect(await timed(court, 'nginx ssl_crl: held', askAfterReload, is(400))).toMatchObject(refused);
    expect(await nginx.witness(door, witnessed)).toMatch(witnessed);

    await release(court, client);
    expect(await timed(court, 'nginx ssl_crl: released', askAfterReload, is(200))).toEqual(welcome(client));

    await nginx.forget(door);
    await revoke(court, client, 'keyCompromise');
    expect(await timed(court, 'nginx ssl_crl: revoked', askAfterReload, is(400))).toMatchObject(refused);
    expect(await nginx.witness(door, witnessed)).toMatch(witnessed);
    expect(await nginx.ask(door, identityOf(bystander))).toEqual(welcome(bystander));
  });
});

describe.each<Door>(['ssl_ocsp on', 'ssl_ocsp leaf'])('nginx with %s', (door) => {
  const witnessed = /client SSL certificate verify error: certificate revoked/;

  it('refuses the held and the revoked client and welcomes the good and the released one', async () => {
    const [client, bystander] = [await issue(court), await issue(court)];
    const ask = () => nginx.ask(door, identityOf(client));
    expect(await eventually(ask, is(200))).toEqual(welcome(client));

    await nginx.forget(door);
    await revoke(court, client, 'certificateHold');
    expect(await timed(court, `nginx ${door}: held`, ask, is(400))).toMatchObject(refused);
    expect(await nginx.witness(door, witnessed)).toMatch(witnessed);

    await release(court, client);
    expect(await timed(court, `nginx ${door}: released`, ask, is(200))).toEqual(welcome(client));

    await nginx.forget(door);
    await revoke(court, client, 'keyCompromise');
    expect(await timed(court, `nginx ${door}: revoked`, ask, is(400))).toMatchObject(refused);
    expect(await nginx.witness(door, witnessed)).toMatch(witnessed);
    expect(await nginx.ask(door, identityOf(bystander))).toEqual(welcome(bystander));
  });
});

describe('nginx when the responder is gone', () => {
  const unreachable =
    /\(111: Connection refused\) while requesting certificate status[^]*certificate status request failed/;

  it('refuses everybody at ssl_ocsp and nobody at ssl_crl, until the responder is back', async () => {
    const client = await issue(court);
    const identity = identityOf(client);
    await nginx.forget('ssl_ocsp on');
    await nginx.forget('ssl_ocsp leaf');
    const ask = () => nginx.ask('ssl_ocsp leaf', identity);
    expect(await eventually(ask, is(200))).toEqual(welcome(client));
    await court.service.stop();
    for (const door of ['ssl_ocsp on', 'ssl_ocsp leaf'] as const) {
      expect(await nginx.ask(door, identity)).toMatchObject(refused);
      expect(await nginx.witness(door, unreachable)).toMatch(unreachable);
    }
    expect(await nginx.ask('ssl_crl', identity)).toEqual(welcome(client));
    await court.service.restart();
    for (const door of ['ssl_ocsp on', 'ssl_ocsp leaf'] as const) {
      expect(await eventually(() => nginx.ask(door, identity), is(200))).toEqual(welcome(client));
    }
  });
});
