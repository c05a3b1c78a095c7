import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@cartulary/ledger/testing';
import { StandaloneProcess } from '@cartulary/testing';
import { firstOperator, makeRequest, restOf } from '../support/enrol.js';

const cli = fileURLToPath(new URL('../../apps/cli/dist/main.js', import.meta.url));
const identity = (name: string): string => `spiffe://cluster.local/ns/shop/sa/${name}`;
const PATIENCE = { timeout: 60_000, interval: 100 };

let database: TestDatabase;
let service: StandaloneProcess;
let rest: ReturnType<typeof restOf>;

beforeAll(async () => {
  database = await createTestDatabase(process.env['CARTULARY_TEST_POSTGRES_URL']!);
  const env = { CARTULARY_ROTATION_INTERVAL: '200ms', CARTULARY_RENEWAL_FROM: '1', CARTULARY_RENEWAL_TO: '2' };
  service = await StandaloneProcess.start({ databaseUrl: database.ownerUrl, env });
  rest = restOf(service, firstOperator(service));
});
afterAll(async () => {
  await service?.dispose();
  await database?.drop();
});

/** A command, and what it has written so far. */
const cartulary = (...args: readonly string[]) => {
  const child: ChildProcess = spawn(process.execPath, [cli, ...args, '--data', service.dataDirectory], {
    env: { ...process.env, CARTULARY_URL: service.restUrl },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number, out }));
  return { out: () => out, ended };
};

const issue = async (name: string, body: object = {}): Promise<{ serial: string; notAfter: string }> => {
  const { csr } = await makeRequest();
  const issued = await rest.post('/v1/certificates', { csr, identity: identity(name), ...body }).expect(201);
  return issued.body as { serial: string; notAfter: string };
};
const renew = async (serial: string): Promise<string> => {
  const { csr } = await makeRequest();
  const renewed = await rest.post(`/v1/certificates/${serial}/renewal`, { csr }).expect(201);
  return (renewed.body as { serial: string }).serial;
};
const shown = async (serial: string) => (await rest.get(`/v1/certificates/${serial}`).expect(200)).body;

it('replaces what an operator ordered: holders learn their turn, and the command sees it done', async () => {
  const serials = (await Promise.all(['cart', 'pay', 'gone'].map((name) => issue(name)))).map(({ serial }) => serial);
  const [cart = '', pay = '', gone = ''] = serials;
  const own = (await shown(cart)).renewalWindow;
  expect(own).not.toHaveProperty('rotationId');

  const command = cartulary('rotate', '--namespace', 'shop', '--window', '1s', '--reason', 'new base image', '--wait');
  await expect.poll(() => command.out(), PATIENCE).toContain('0 of 3 done, 3 remaining');
  const { rotations } = (await rest.get('/v1/rotations?status=open').expect(200)).body;
  expect(rotations).toMatchObject([{ selector: { namespace: 'shop' }, progress: { matched: 3 } }]);
  const { rotationId } = rotations[0];
  await expect.poll(async () => (await shown(cart)).renewalWindow, PATIENCE).toMatchObject({ rotationId });
  const moved = (await shown(cart)).renewalWindow;
  expect(moved.start < own.start).toBe(true);
  const listed = await rest.get(`/v1/certificates?identity=${encodeURIComponent(identity('cart'))}`).expect(200);
  expect(listed.body.certificates[0].renewalWindow).toEqual(moved);

  // Issued later, so not meant; and no link, so it replaces nothing.
  await issue('cart');
  await expect.poll(() => command.out(), PATIENCE).toContain('3 had their turn');
  const successor = await renew(cart);
  await renew(pay);
  await rest.post('/v1/revocations', { serial: gone, reason: 'superseded' }).expect(201);
  const { code, out } = await command.ended;
  expect(out.trimEnd().split('\n').at(-1)).toBe(`✓ Completed ${rotationId}: 2 of 3 replaced, 1 revoked or expired`);
  expect(code).toBe(0);
  expect((await shown(successor)).renewalWindow).not.toHaveProperty('rotationId');

  const show = await cartulary('rotations', 'show', rotationId, '--json').ended;
  expect(JSON.parse(show.out)).toMatchObject({
    ...{ rotationId, status: 'completed', reason: 'new base image' },
    progress: { matched: 3, due: 3, replaced: 2, ended: 1, remaining: 0 },
  });
});

it('orders what is due by its own window, once', async () => {
  const { serial } = await issue('brief', { ttl: '60s' });
  const orders = async (): Promise<{ serials: string[] }[]> =>
    (await rest.get('/v1/ledger/events?stream=rotation-due&limit=1000').expect(200)).body.events.map(
      ({ data }: { data: { selector: { serials: string[] } } }) => data.selector,
    );
  const named = async (): Promise<string[]> => (await orders()).flatMap(({ serials }) => serials);
  await expect.poll(named, PATIENCE).toContain(serial);
  const { renewalWindow } = await shown(serial);
  expect(Date.parse(renewalWindow.start)).toBeLessThanOrEqual(Date.now());
  // Another that is due later has been looked for after it.
  const later = await issue('brief', { ttl: '60s' });
  await expect.poll(named, PATIENCE).toContain(later.serial);
  expect((await named()).filter((each) => each === serial)).toHaveLength(1);
});
