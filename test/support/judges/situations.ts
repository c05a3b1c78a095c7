import { removeKey } from '../epochs.js';
import { type Court, eventually, issue, type Issued, release, revoke, timed } from '../interop.js';
import { type Bench, type Exhibit } from './judge.js';

/** What may have become of a certificate, or of the judge's clock. */
export const situations = [
  { name: 'good', shows: 'good', accepts: true, clock: 0 },
  { name: 'revoked', shows: 'revoked', accepts: false, clock: 0 },
  { name: 'held', shows: 'held', accepts: false, clock: 0 },
  { name: 'released', shows: 'released', accepts: true, clock: 0 },
  { name: 'expired', shows: 'expired', accepts: false, clock: 0 },
  { name: 'unknown issuer', shows: 'stranger', accepts: false, clock: 0 },
  { name: 'cut-off epoch', shows: 'cutOff', accepts: false, clock: 0 },
  { name: 'new epoch', shows: 'newEpoch', accepts: true, clock: 0 },
  { name: 'stale CRL or answer', shows: 'good', accepts: false, clock: 25 * 3_600_000 },
  { name: 'clock 4 min slow', shows: 'newEpoch', accepts: true, clock: -240_000 },
  { name: 'clock 4 min fast', shows: 'newEpoch', accepts: true, clock: 240_000 },
] as const;
export type Situation = (typeof situations)[number];

export type Exhibits = Readonly<Record<Situation['shows'], Exhibit>>;

const STRANGER = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];

/** A certificate by somebody whom nobody trusts, for the same identity. */
const makeStranger = async ({ judge }: Court): Promise<Exhibit> => {
  const ca = ['-subj', '/O=Strangers', '-addext', 'keyUsage=critical,keyCertSign'];
  await judge.must('req', '-x509', ...STRANGER, ...ca, '-keyout', 'stranger-ca.key', '-out', 'stranger-ca.pem');
  const of = ['-CA', 'stranger-ca.pem', '-CAkey', 'stranger-ca.key', '-subj', '/'];
  const names = ['-addext', 'subjectAltName=critical,URI:spiffe://cluster.local/ns/interop/sa/subject1'];
  const uses = ['-addext', 'extendedKeyUsage=clientAuth', '-addext', 'basicConstraints=critical,CA:FALSE'];
  const made = ['-keyout', 'stranger.key', '-out', 'stranger.pem'];
  await judge.must('req', '-x509', ...STRANGER, ...of, ...names, ...uses, ...made);
  return {
    keyPem: await judge.read('stranger.key'),
    certificate: await judge.read('stranger.pem'),
    chain: await judge.read('stranger-ca.pem'),
  };
};

const activeIssuer = async ({ rest }: Court, wanted = 'workload'): Promise<string> => {
  const { body } = await rest.get('/v1/issuers').expect(200);
  const issuers = body.issuers as { issuerId: string; purpose: string; status: string }[];
  return issuers.find(({ purpose, status }) => purpose === wanted && status === 'active')!.issuerId;
};

/** Ends the epoch, once the next issuer may issue. */
const changeEpoch = async ({ rest }: Court, issuerId: string): Promise<void> => {
  const order = async () => rest.post(`/v1/issuers/${issuerId}/rotation`);
  const { status, text } = await eventually(order, (answer) => answer.status !== 409);
  if (status !== 200) throw new Error(text);
};

/** One certificate for each situation, and what every judge needs, once all of it is published. */
export const prepare = async (court: Court): Promise<{ exhibits: Exhibits; bench: Omit<Bench, 'clock'> }> => {
  const { judge, rest, service } = court;
  const lasting = { ttl: '72h' };
  const first = await activeIssuer(court);
  const cutOff = await issue(court, lasting);
  await changeEpoch(court, first);
  const newEpoch = await issue(court, lasting);
  // An epoch is cut off without the root, whose key may be in a safe.
  await removeKey(court, await activeIssuer(court, 'root'));
  await rest.post(`/v1/issuers/${first}/revocation`, { reason: 'cACompromise' }).expect(201);
  await timed(
    court,
    'openssl verify: epoch cut off',
    () => judge.verify(cutOff),
    ({ code }) => code !== 0,
  );

  const [good, revoked, held, released] = [
    await issue(court, lasting),
    await issue(court, lasting),
    await issue(court, lasting),
    await issue(court, lasting),
  ];
  const expired = await issue(court, { ttl: '1s' });
  await revoke(court, revoked, 'keyCompromise');
  await revoke(court, held, 'certificateHold');
  await revoke(court, released, 'certificateHold');
  await release(court, released);
  const server = await issue(court, { profile: 'server' }, { subjectAltName: 'DNS:localhost,IP:127.0.0.1' });

  const verdicts = async (paths: readonly Issued[]): Promise<string> =>
    (await Promise.all(paths.map(async (path) => (await judge.verify(path)).code))).join(' ');
  const published = await eventually(
    () => verdicts([good, revoked, held, released, cutOff, newEpoch]),
    (codes) => codes === '0 2 2 0 2 0',
  );
  if (published !== '0 2 2 0 2 0') throw new Error(`openssl does not see what was published: ${published}`);
  await eventually(
    () => Promise.resolve(Date.now()),
    (now) => now > Date.parse(expired.notAfter) + 1_000,
  );

  const crls = await judge.join(await judge.crlsOf(good), await judge.crlsOf(cutOff), await judge.crlsOf(server));
  const { ocsp } = await judge.urls(good.leafFile);
  const root = service.read('root.crt');
  return {
    exhibits: { good, revoked, held, released, expired, stranger: await makeStranger(court), cutOff, newEpoch },
    bench: { directory: judge.directory, root, crls: unique(await judge.read(crls)), server, ocspUrl: ocsp },
  };
};

/** Envoy and HAProxy would take a CRL twice; each stands once. */
const unique = (pem: string): string => [...new Set(pem.match(/-----BEGIN [^]+?-----END [^-]+-----\n?/g))].join('');
