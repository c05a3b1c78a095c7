import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generatePrivateKey } from '@cartulary/x509';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cartulary } from '../command-line.fixture.spec.js';

describe('cartulary ceremony', () => {
  let scratch: string;
  const path = (name: string): string => join(scratch, name);
  const passphrases = ['root', 'transport', 'seal'];
  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'cartulary-ceremony-'));
    for (const name of passphrases) await writeFile(path(name), `the passphrase of the ${name}\n`);
    await writeFile(path('short'), 'short');
  });
  afterAll(() => rm(scratch, { recursive: true, force: true }));

  const plan = (...more: string[]) => cartulary(['ceremony', 'plan', '--public-url', 'http://127.0.0.1:8080', ...more]);
  const files = (): string[] => passphrases.flatMap((name) => [`--${name}-passphrase-file`, path(name)]);
  const run = (...more: string[]) => cartulary(['ceremony', 'run', '--plan', path('plan.json'), ...more]);
  const verify = (...more: string[]) => cartulary(['ceremony', 'verify', '--dir', path('out'), ...more]);

  it('goes from a plan to what verifies, without a secret on the screen', { timeout: 60_000 }, async () => {
    const planned = await plan(
      '--epochs',
      '2',
      '--epoch',
      '30d',
      '--crl-every',
      '20d',
      '--crl-validity',
      '30d',
      '--out',
      path('plan.json'),
    );
    expect([planned.code, planned.err]).toEqual([0, '']);
    expect(planned.out).toContain('workload-2');
    const to = ['--root', path('safe'), '--out', path('out'), '--witness', 'Ann', '--witness', 'Bob'];
    const asked = await run(...to, ...files());
    expect([asked.code, asked.err]).toEqual([2, expect.stringContaining('nobody is there to say')]);
    const held = await run(...to, ...files(), '--yes');
    expect([held.code, held.err]).toEqual([0, '']);
    expect(held.out).toContain('sealed      10 files');
    expect(held.out + held.err).not.toContain('the passphrase');

    const verified = await verify('--seal-passphrase-file', path('seal'), '--json');
    expect(verified.code).toBe(0);
    expect(JSON.parse(verified.out)).toMatchObject({ valid: true, problems: [], begun: { witnesses: ['Ann', 'Bob'] } });
    const other = await verify('--root-key-hash', '00'.repeat(32));
    expect([other.code, other.out]).toEqual([1, expect.stringContaining('the root is not the one')]);
    await writeFile(join(path('out'), 'crls/0002.crl'), await readFile(join(path('out'), 'crls/0001.crl')));
    const swapped = await verify();
    expect([swapped.code, swapped.out]).toEqual([
      1,
      expect.stringContaining('crls/0002.crl is not the file that the ceremony wrote'),
    ]);
  });

  it('keeps the root that is there, and refuses a key that is not its own', { timeout: 60_000 }, async () => {
    const key = await generatePrivateKey('ecdsa-p256');
    await writeFile(path('other.key'), key.export({ type: 'pkcs8', format: 'pem' }));
    const given = ['--root-key', path('other.key'), '--root-certificate', join(path('safe'), 'root.crt')];
    const second = await run('--root', path('safe'), '--out', path('second'), ...given, ...files(), '--yes');
    expect([second.code, second.err]).toEqual([2, expect.stringContaining('has a root already')]);
    const wrong = await run('--root', path('third'), '--out', path('fourth'), ...given, ...files(), '--yes');
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('not the one in its certificate')]);
    expect(await readdir(scratch)).not.toContain('fourth');
  });

  it('refuses passphrases that are missing, short or the same', async () => {
    const to = ['--root', path('new'), '--out', path('new-out'), '--yes'];
    const nobody = await run(...to);
    expect([nobody.code, nobody.err]).toEqual([2, expect.stringContaining('--root-passphrase-file')]);
    const short = await run(...to, '--root-passphrase-file', path('short'));
    expect(short.err).toContain('less than 12 characters');
    const same = await run(...to, ...passphrases.flatMap((name) => [`--${name}-passphrase-file`, path('root')]));
    expect(same.err).toContain('must differ');
  });

  it('says what is wrong with a plan', async () => {
    const gap = await plan('--crl-every', '30d', '--crl-validity', '20d', '--out', path('gap.json'));
    expect([gap.code, gap.err]).toEqual([2, expect.stringContaining('does not overlap the next')]);
    expect((await plan('--epoch', 'long', '--out', path('long.json'))).err).toContain('write it as 90s');
    await writeFile(path('broken.json'), '{}');
    const broken = await cartulary(['ceremony', 'run', '--plan', path('broken.json'), '--root', path('r')]);
    expect([broken.code, broken.err]).toEqual([1, expect.stringContaining('not a plan of a ceremony')]);
    const none = await cartulary(['ceremony', 'verify', '--dir', path('nothing')]);
    expect([none.code, none.out]).toEqual([1, expect.stringContaining('holds no ceremony')]);
  });
});
