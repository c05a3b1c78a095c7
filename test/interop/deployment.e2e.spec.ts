import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { topics } from '@cartulary/contracts';
import { keys, listKeys, loadConfig } from '@cartulary/runtime';
import { describe, expect, it } from 'vitest';

// What docker-compose and promtool say of deploy/, and what stands in it must know of us. `npm run check:image` starts it.
const root = fileURLToPath(new URL('../..', import.meta.url));
const text = (path: string): string => readFileSync(join(root, path), 'utf8');

interface Service {
  readonly image: string;
  readonly user?: string;
  readonly command?: string[];
  readonly entrypoint?: string[];
  readonly environment: Record<string, string>;
  readonly depends_on?: Record<string, { condition: string }>;
  readonly networks: Record<string, unknown>;
  readonly volumes?: string[];
  readonly secrets?: { source: string }[];
  readonly ports?: string[];
  readonly healthcheck: { test: string[] };
  readonly read_only?: boolean;
  readonly cap_drop?: string[];
  readonly security_opt: string[];
}
interface Compose {
  readonly services: Record<string, Service>;
  readonly networks: Record<string, { internal?: boolean }>;
}

/** As docker-compose understands it; it throws on what it doesn't. */
const compose = (file: string): Compose => {
  const toJson = 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)';
  const config = execFileSync('docker-compose', ['-f', file, 'config'], { cwd: root, encoding: 'utf8' });
  return JSON.parse(execFileSync('python3', ['-c', toJson], { input: config, encoding: 'utf8' })) as Compose;
};
const ours = ({ services }: Compose): [string, Service][] =>
  Object.entries(services).filter(([, { image }]) => image.startsWith('cartulary:'));
const variables = new Set(listKeys(keys).map(({ variable }) => variable));

describe.each(['docker-compose.yml', 'docker-compose.standalone.yml'])('%s', (file) => {
  const read = compose(file);

  it('gives services keys that there are, with values that they take', () => {
    for (const [name, { environment }] of ours(read)) {
      // A secret's file is not here; that it has content is not asked.
      const given = Object.entries(environment).map(([variable, value]) =>
        variable.endsWith('_PASSWORD_FILE') || variable.endsWith('_PASSPHRASE_FILE')
          ? [variable.replace(/_FILE$/, ''), 'secret']
          : [variable, value],
      );
      for (const [variable] of given) expect(variables, `${name} ${variable}`).toContain(variable);
      expect(() => loadConfig(keys, { environment: Object.fromEntries(given) }), name).not.toThrow();
    }
  });

  it('starts programs that there are, as nobody in particular, without rights, on a root that is read only', () => {
    for (const [name, service] of ours(read)) {
      const [command = ''] = service.entrypoint ?? service.command ?? [];
      const app = command === 'up' ? 'standalone' : command;
      const known = existsSync(join(root, `apps/${app}/src/main.ts`)) || existsSync(join(root, `deploy/image/${app}`));
      expect(known, `${name}: ${command}`).toBe(true);
      expect(service, name).toMatchObject({ user: '10001:10001', read_only: true, cap_drop: ['ALL'] });
      expect(service.security_opt, name).toContain('no-new-privileges:true');
      expect(JSON.stringify(service.environment), name).not.toMatch(/:[^@/]+@|PASSWORD":/);
    }
  });

  it('says of each when it is healthy, and starts nothing before what it needs', () => {
    for (const [name, { healthcheck, depends_on: needed = {} }] of Object.entries(read.services)) {
      if (name !== 'init') expect(healthcheck.test[0], name).toBe('CMD');
      for (const [other, { condition }] of Object.entries(needed)) {
        const expected = other === 'init' ? 'service_completed_successfully' : 'service_healthy';
        expect([name, other, condition]).toEqual([name, other, expected]);
      }
    }
  });

  it('opens ports to this machine alone', () => {
    for (const [name, { ports = [], image }] of Object.entries(read.services)) {
      if (!image.startsWith('cartulary:')) expect(ports, name).toEqual([]);
      for (const port of ports) expect(port, name).toMatch(/^127\.0\.0\.1:\d+:(8443|8080)(\/tcp)?$/);
    }
  });
});

describe('docker-compose.yml', () => {
  const { services, networks } = compose('docker-compose.yml');

  it('keeps responders from the ledger, from the CAs’ keys and from every secret', () => {
    expect(networks).toMatchObject({ ledger: { internal: true }, events: { internal: true } });
    for (const name of ['responder-a', 'responder-b']) {
      const { networks: joined, volumes, secrets, environment } = services[name]!;
      expect(Object.keys(joined).sort()).toEqual(['events', 'front']);
      expect(volumes).toEqual([`${name}:/var/lib/cartulary:rw`]);
      expect(secrets).toBeUndefined();
      expect(Object.keys(environment).filter((key) => key.includes('DATABASE'))).toEqual([]);
    }
    expect(services['inventory']?.volumes).toEqual(['inventory:/var/lib/cartulary:rw']);
    expect(services['inventory']?.secrets?.map(({ source }) => source)).toEqual(['services-password']);
  });

  it('has init make what each service but issuance needs for its first start', () => {
    const named = ours({ services, networks }).map(([, { environment }]) => environment['CARTULARY_SERVICE_NAME']);
    const apart = named.filter((name) => name !== undefined && !name.startsWith('issuance'));
    expect([...services['init']!.command!].sort()).toEqual(apart.sort());
    const handed = services['init']!.volumes!.filter((volume) => volume.includes('/hand-over/'));
    for (const volume of handed) expect(text('Dockerfile')).toContain(volume.split(':')[1]);
  });
});

describe('the image', () => {
  it('is made of what is there', () => {
    const sources = [...text('Dockerfile').matchAll(/^COPY --from=build \/cartulary\/(\S+)/gm)].map(
      ([, path]) => path!,
    );
    expect(sources).toContain('deploy/image');
    for (const path of sources) expect(path === 'node_modules' || existsSync(join(root, path)), path).toBe(true);
    for (const name of ['cartulary', 'healthcheck', 'init-apart'])
      expect(() => accessSync(join(root, 'deploy/image', name), constants.X_OK), name).not.toThrow();
  });
});

describe('deploy/kafka/acls.sh', () => {
  it('lets a responder read every state topic, and no topic that there is not', () => {
    const [, list = ''] = /^responder_topics='([^']+)'/m.exec(text('deploy/kafka/acls.sh')) ?? [];
    const named = list.split(/\s+/);
    const states = topics.filter(({ kind }) => kind === 'state').map(({ name }) => name);
    expect(states.filter((name) => !name.startsWith('state.') && !named.includes(name))).toEqual([]);
    expect(text('deploy/kafka/acls.sh')).toContain('--topic "$prefix.state."');
    expect(topics.map(({ name }) => name)).toEqual(expect.arrayContaining(named));
    for (const name of ['identity', 'token', 'key', 'dead-letter', 'other']) expect(named).not.toContain(name);
  });
});

describe('deploy/prometheus', () => {
  const promtool = (...args: string[]): string => execFileSync('promtool', args, { cwd: root, encoding: 'utf8' });

  it('has rules that fire when they should, and a configuration', () => {
    expect(promtool('test', 'rules', 'deploy/prometheus/alerts.test.yml')).toContain('SUCCESS');
    expect(promtool('check', 'config', '--syntax-only', 'deploy/prometheus/prometheus.yml')).toContain('is valid');
  });

  it('asks for metrics that there are', () => {
    const asked = new Set(text('deploy/prometheus/alerts.yml').match(/\bcartulary_\w+/g));
    const pattern = "(gauge|counter|histogram)\\(\\s*'[a-z_]+'";
    const made = execFileSync('grep', ['-rhoE', '--include=*.ts', '--exclude-dir=dist', pattern, 'libs', 'apps'], {
      cwd: root,
      encoding: 'utf8',
    });
    for (const name of asked) {
      const plain = name.replace('cartulary_', '').replace(/_(count|sum|bucket)$/, '');
      expect(made, name).toContain(`'${plain}'`);
    }
  });
});
