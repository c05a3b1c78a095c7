import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  activeOf,
  askOcsp,
  changeEpoch,
  hasKey,
  issuerOf,
  issuersOf,
  removeKey,
  standbyOf,
  Traffic,
} from '../support/epochs.js';
import { firstOperator, restOf } from '../support/enrol.js';
import { type Court, eventually, issue, openCourt, timed } from '../support/interop.js';

// openssl is the judge. Everything that it is given comes from the running service.

const CHANGES = process.env['CARTULARY_FULL'] === '1' ? 50 : 5;
const env = {
  CARTULARY_EPOCH_LEAD: '500ms',
  CARTULARY_ROTATION_INTERVAL: '100ms',
  CARTULARY_CLOCK_SKEW: '0s',
  CARTULARY_CRL_MIN_INTERVAL: '50ms',
};
const ok = (leafFile: string) => ({ code: 0, said: `${leafFile}: OK\n` });

describe('epochs that follow one another', () => {
  let court: Court;
  beforeAll(async () => {
    court = await openCourt(env);
  });
  afterAll(() => court?.close());

  it(
    `refuse no good certificate and accept no revoked one, over ${CHANGES} changes under constant use`,
    { timeout: CHANGES * 30_000 },
    async () => {
      const traffic = new Traffic(court);
      traffic.start();
      const issuers = new Set<string>();
      for (let change = 0; change < CHANGES; change++) {
        const issuerId = await changeEpoch(court, 'workload');
        issuers.add(issuerId);
        const used = () => Promise.resolve(traffic.epochs.has(issuerId));
        expect(await eventually(used, (is) => is)).toBe(true);
      }
      await traffic.stop();
      console.log(`${CHANGES} epoch changes: ${JSON.stringify(traffic.counts)}`);
      expect(traffic.wrong).toEqual([]);
      expect(issuers.size).toBe(CHANGES);
      expect(traffic.counts.issued).toBeGreaterThan(CHANGES);
      expect(traffic.revoked.length).toBeGreaterThan(0);
    },
  );

  it('change for servers and for our own, whose certificates go on opening the door', async () => {
    const before = await activeOf(court, 'system');
    await changeEpoch(court, 'server');
    await changeEpoch(court, 'system');
    expect((await issuerOf(court, before.issuerId)).status).toBe('retiring');
    // Shown with the certificate of the epoch before.
    expect((await court.rest.get('/v1/whoami').expect(200)).body).toMatchObject({ kind: 'certificate' });
    const names = { subjectAltName: 'DNS:epochs.example.com' };
    const server = await issue(court, { profile: 'server' }, names);
    expect(await court.judge.verify(server)).toEqual(ok(server.leafFile));
  });

  it('end with a final CRL and without a key, once their last certificate has expired', async () => {
    await changeEpoch(court, 'workload');
    const short = await issue(court, { ttl: '3s' });
    const { issuerId } = short;
    await changeEpoch(court, 'workload');
    const state = () => issuerOf(court, issuerId);
    const retired = await eventually(state, ({ status }) => status === 'retired');
    expect(retired).toMatchObject({ status: 'retired', crl: { nextUpdate: retired.notAfter } });
    expect(Date.parse(retired.expiredAt!)).toBeGreaterThan(Date.parse(retired.activatedAt!));
    await eventually(
      () => Promise.resolve(hasKey(court, issuerId)),
      (there) => !there,
    );
    expect(hasKey(court, issuerId)).toBe(false);
    const { judge } = court;
    const issuerFile = await judge.write('retired.pem', retired.certificate);
    const { said } = await judge.crl(await judge.fetch('crl', retired.crlUrl!), issuerFile);
    expect(said).toMatch(/^verify OK$/m);
  });
});

describe('an epoch that is cut off while the root’s key is away', () => {
  let court: Court;
  beforeAll(async () => {
    court = await openCourt({ ...env, CARTULARY_EPOCH_LEAD: '1h' });
    await Promise.all([standbyOf(court, 'workload'), standbyOf(court, 'server')]);
    const root = (await issuersOf(court)).find(({ purpose }) => purpose === 'root')!;
    await court.service.stop();
    await removeKey(court, root.issuerId);
    await court.service.restart();
  });
  afterAll(() => court?.close());

  it('is not followed on order before the lead time of the next has passed', async () => {
    const { issuerId } = await activeOf(court, 'workload');
    const refused = await court.rest.post(`/v1/issuers/${issuerId}/rotation`).expect(409);
    expect(refused.body).toMatchObject({ code: 'ISSUER_NOT_READY', detail: expect.stringMatching(/may issue from/) });
    const root = (await issuersOf(court)).find(({ purpose }) => purpose === 'root')!;
    await court.rest.post(`/v1/issuers/${root.issuerId}/revocation`).expect(422);
    expect((await activeOf(court, 'workload')).issuerId).toBe(issuerId);
  });

  it('is refused at once, others stay good, and the next one’s first certificate is accepted', async () => {
    const { judge, rest } = court;
    const cut = await issue(court);
    const other = await issue(court, { profile: 'server' }, { subjectAltName: 'DNS:other.example.com' });
    for (const path of [cut, other]) expect(await judge.verify(path)).toEqual(ok(path.leafFile));
    const standby = await standbyOf(court, 'workload');

    const { body } = await rest.post(`/v1/issuers/${cut.issuerId}/revocation`, { comment: 'drill' }).expect(201);
    expect(body).toMatchObject({ issuerId: cut.issuerId, successor: standby.issuerId, reason: 'cACompromise' });
    const revoked = /error 23 at 1 depth lookup: certificate revoked/;
    const verify = () => judge.verify(cut);
    const verdict = await timed(court, 'openssl verify: its epoch cut off', verify, ({ said }) => revoked.test(said));
    expect(verdict.said).toMatch(revoked);

    const first = await issue(court);
    expect(first.issuerId).toBe(standby.issuerId);
    expect(await judge.verify(first)).toEqual(ok(first.leafFile));
    expect(await judge.verify(other)).toEqual(ok(other.leafFile));
    const says = async (path: typeof cut) => (await askOcsp(court, path)).said;
    expect(await says(cut)).toMatch(/: revoked\n[^]*Reason: cACompromise/);
    expect(await says(other)).toMatch(/: good/);
    expect(await says(first)).toMatch(/: good/);
    const shown = await rest.get(`/v1/certificates/${cut.serial}`).expect(200);
    expect(shown.body).toMatchObject({ status: 'revoked', revocation: { reason: 'cACompromise', issuer: true } });
    const listed = await rest.get('/v1/certificates?status=revoked&profile=workload').expect(200);
    expect(listed.body.certificates).toMatchObject([{ serial: cut.serial }]);
    expect(await court.judge.read(judge.rootFile)).toBe(court.service.read('root.crt'));
  });

  it('is revoked by its own CA, says openssl ocsp', async () => {
    const { judge } = court;
    const cut = (await issuersOf(court)).find(({ status }) => status === 'compromised')!;
    const parent = await issuerOf(court, cut.parent!);
    const files = [await judge.write('cut.pem', cut.certificate), await judge.write('parent.pem', parent.certificate)];
    const { ocsp: url } = await judge.urls(files[0]!);
    const of = ['-cert', files[0]!];
    const ask = () => judge.ocsp({ url, issuerFile: files[1]!, of, chainFile: files[1]! });
    expect((await ask()).said).toMatch(/cut\.pem: revoked/);
  });

  it('lets nobody in with a certificate of our own that went with it, and replaces the first operator’s', async () => {
    const { issuerId } = await activeOf(court, 'system');
    await standbyOf(court, 'system');
    await court.rest.post(`/v1/issuers/${issuerId}/revocation`, { reason: 'keyCompromise' }).expect(201);
    const refused = await court.rest.get('/v1/whoami').expect(401);
    expect(refused.body).toMatchObject({ code: 'CREDENTIAL_REVOKED' });
    // Read anew each time: key and certificate are two files.
    const ask = async () =>
      restOf(court.service, firstOperator(court.service))
        .get('/v1/whoami')
        .catch(() => undefined);
    expect((await eventually(ask, (answer) => answer?.status === 200))?.status).toBe(200);
  });
});
