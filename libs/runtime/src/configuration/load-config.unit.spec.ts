import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigurationError, type ConfigurationProblem } from './errors.js';
import { parseFlags } from './flags.js';
import { type Config, keys } from './keys.js';
import { loadConfig, type ConfigSources } from './load-config.js';

const directory = mkdtempSync(join(tmpdir(), 'cartulary-config-'));
afterAll(() => rmSync(directory, { recursive: true }));

const file = (name: string, content: unknown): string => {
  const path = join(directory, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};
const load = (environment: Record<string, string> = {}, flags: ConfigSources['flags'] = {}): Config =>
  loadConfig(keys, { environment, flags });
const problemsOf = (work: () => unknown): readonly ConfigurationProblem[] => {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  throw new Error('no problem was found');
};

describe('defaults', () => {
  it('are a working configuration', () => {
    expect(load()).toMatchObject({
      data: './.cartulary',
      httpsPort: 8443,
      publicUrl: 'http://127.0.0.1:8080',
      trustDomain: 'cluster.local',
      clockSkew: 300_000,
      workloadTtl: 86_400_000,
      crlRefresh: 43_200_000,
      requestBodyLimit: 1_048_576,
    });
    expect(load().databaseUrl).toBeUndefined();
  });

  it('follow the keys that they are derived from', () => {
    const config = load({
      CARTULARY_PUBLIC_PORT: '9000',
      CARTULARY_CRL_VALIDITY: '1h',
      CARTULARY_DATABASE_URL: 'postgres://app@db/cartulary',
    });
    expect(config).toMatchObject({
      publicUrl: 'http://127.0.0.1:9000',
      crlRefresh: 1_800_000,
      databaseOwnerUrl: 'postgres://app@db/cartulary',
    });
  });

  it('cannot be changed by whoever reads them', () => {
    expect(() => Object.assign(load(), { httpsPort: 1 })).toThrow(TypeError);
  });
});

describe('precedence', () => {
  it('is file, environment, flag, from low to high', () => {
    const path = file('low.json', { httpsPort: 1001, publicPort: 1002, databasePort: 1003 });
    const environment = { CARTULARY_CONFIG: path, CARTULARY_PUBLIC_PORT: '2002', CARTULARY_DATABASE_PORT: '2003' };
    expect(load(environment, { databasePort: '3003' })).toMatchObject({
      httpsPort: 1001,
      publicPort: 2002,
      databasePort: 3003,
    });
  });

  it('lets --config name another file than CARTULARY_CONFIG', () => {
    const config = file('flag.json', { httpsPort: 1 });
    expect(load({ CARTULARY_CONFIG: '/nowhere.json' }, { config }).httpsPort).toBe(1);
  });

  it('takes an empty variable as not set', () => {
    expect(load({ CARTULARY_HTTPS_PORT: '', CARTULARY_CONFIG: '' }).httpsPort).toBe(8443);
  });
});

describe('problems', () => {
  it('are reported all at once, with key, value and hint', () => {
    const path = file('bad.json', { crlValidity: 'long', httpsPorr: 1, heartbeat: ['1s'] });
    const problems = problemsOf(() =>
      load(
        { CARTULARY_CONFIG: path, CARTULARY_HTTPS_PORT: '70000', CARTULARY_TRUST_DOMIAN: 'x' },
        { logLevel: 'loud' },
      ),
    );
    expect(problems).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ key: `crlValidity (in ${path})`, value: 'long' }),
        expect.objectContaining({ key: `httpsPorr (in ${path})`, hint: 'did you mean httpsPort?' }),
        expect.objectContaining({ key: `heartbeat (in ${path})` }),
        expect.objectContaining({ key: 'CARTULARY_HTTPS_PORT', value: '70000' }),
        expect.objectContaining({ key: 'CARTULARY_TRUST_DOMIAN', hint: 'did you mean CARTULARY_TRUST_DOMAIN?' }),
        expect.objectContaining({ key: '--log-level', value: 'loud' }),
      ]),
    );
    expect(problems).toHaveLength(6);
  });

  it.each(['Cluster.Local', 'a_b', '-a', 'a-', 'a..b', 'a.', '', ' ', `${'a'.repeat(64)}.b`, 'a/b', 'a:80', 'ä.de'])(
    'include the trust domain %j',
    (trustDomain) => {
      expect(problemsOf(() => load({}, { trustDomain }))).toHaveLength(1);
    },
  );

  it.each([
    ['CARTULARY_CLOCK_SKEW', '5'],
    ['CARTULARY_CLOCK_SKEW', '-5m'],
    ['CARTULARY_WORKLOAD_TTL', '0'],
    ['CARTULARY_PUBLIC_URL', 'ftp://x'],
    ['CARTULARY_PUBLIC_URL', 'http://x/'],
    ['CARTULARY_DATABASE_URL', 'mysql://x'],
    ['CARTULARY_HTTPS_PORT', '0x50'],
    ['CARTULARY_REQUEST_BODY_LIMIT', '1 apple'],
    ['CARTULARY_WORKLOAD_TTL', '8d'],
    ['CARTULARY_CRL_REFRESH', '24h'],
  ])('include %s=%s', (variable, value) => {
    expect(problemsOf(() => load({ [variable]: value }))).toEqual([expect.objectContaining({ key: variable })]);
  });

  it('include a file that is missing, not JSON or not an object', () => {
    const paths = ['/nowhere.json', file('text.json', 'port = 1'), file('list.json', [])];
    for (const path of paths) {
      expect(problemsOf(() => load({ CARTULARY_CONFIG: path }))).toMatchObject([
        { key: 'CARTULARY_CONFIG', value: path },
      ]);
    }
  });

  it('leave variables of others alone', () => {
    expect(load({ CARTULARY_FULL: '1', CARTULARY_TEST_POSTGRES_URL: 'x', OTHER: 'y' }).httpsPort).toBe(8443);
  });
});

describe('secrets', () => {
  it('are shown to nobody who does not ask', () => {
    const { keystorePassphrase } = load({ CARTULARY_KEYSTORE_PASSPHRASE: 'hunter2' });
    expect(keystorePassphrase?.reveal()).toBe('hunter2');
    expect(
      `${keystorePassphrase} ${JSON.stringify({ keystorePassphrase })} ${inspect(keystorePassphrase)}`,
    ).not.toContain('hunter2');
  });

  it('may lie in a file, whose last line end does not count', () => {
    const path = file('passphrase', 'correct horse\n');
    expect(load({ CARTULARY_KEYSTORE_PASSPHRASE_FILE: path }).keystorePassphrase?.reveal()).toBe('correct horse');
  });

  it('are not in the report when they are wrong', () => {
    const path = file('empty', '\n');
    const [problem] = problemsOf(() => load({ CARTULARY_KEYSTORE_PASSPHRASE_FILE: path }));
    expect(problem).toMatchObject({ key: 'CARTULARY_KEYSTORE_PASSPHRASE_FILE' });
    expect(problem).not.toHaveProperty('value');
  });

  it('cannot be given by file for a key that is none', () => {
    expect(problemsOf(() => load({ CARTULARY_HTTPS_PORT_FILE: '/etc/passwd' }))).toHaveLength(1);
  });
});

describe('flags', () => {
  it('are the keys in kebab case', () => {
    expect(parseFlags(keys, ['--https-port', '0', '--public-url=http://x', '--config', 'c.json'])).toEqual({
      httpsPort: '0',
      publicUrl: 'http://x',
      config: 'c.json',
    });
  });

  it('report what they do not know', () => {
    expect(problemsOf(() => parseFlags(keys, ['--htps-port=1', 'word', '--data']))).toMatchObject([
      { key: '--htps-port', hint: 'did you mean --https-port?' },
      { key: 'word' },
      { key: '--data', message: 'has no value' },
    ]);
  });
});
