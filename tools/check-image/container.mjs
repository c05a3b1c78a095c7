import { spawn } from 'node:child_process';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  chownSync,
  chmodSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { quoted, run } from './shell.mjs';

/** One container of the image: its namespaces, a read-only root, what compose mounts, no rights, uid and gid of its own. */
export class Container {
  #child;
  #log;

  constructor({ name, service, image, root, upper, scratch, networks, secrets }) {
    Object.assign(this, { name, service, image, root, scratch, networks, secrets });
    for (const { source, target } of this.#volumes()) {
      // A new volume takes content, owner and mode from what the image has in its place.
      const [volume, seed] = [join(scratch, 'volumes', source), upper + target];
      if (existsSync(volume)) continue;
      if (!existsSync(seed)) throw new Error(`${name}: the image has no ${target} to make a volume of`);
      cpSync(seed, volume, { recursive: true });
      const { uid, gid, mode } = statSync(seed);
      chownSync(volume, uid, gid);
      chmodSync(volume, mode & 0o7777);
    }
  }

  #volumes() {
    return (this.service.volumes ?? []).map((text) => {
      const [source, target] = text.split(':');
      return { source, target };
    });
  }

  start() {
    const { service, image } = this;
    const command = [...(service.entrypoint ?? image.entrypoint), ...(service.command ?? image.command)];
    this.#log = join(this.scratch, `${this.name}.log`);
    const log = openSync(this.#log, 'a');
    const script = `${this.#mounts()} && exec ${this.#inside(command)}`;
    this.#child = spawn(
      'ip',
      ['netns', 'exec', this.name, 'unshare', '-mu', '--propagation', 'private', 'sh', '-ec', script],
      {
        stdio: ['ignore', log, log],
      },
    );
    closeSync(log);
    return this;
  }

  #mounts() {
    const lines = [`hostname ${this.name}`];
    lines.push(...['run', 'tmp'].map((path) => `mount -t tmpfs -o mode=1777 tmpfs ${this.root}/${path}`));
    for (const { source, target } of this.#volumes()) {
      lines.push(`mount --bind ${join(this.scratch, 'volumes', source)} ${this.root}${target}`);
    }
    lines.push(
      `mkdir -p ${this.root}/run/secrets`,
      `mount --bind ${this.networks.hostsFile(this.name)} ${this.root}/etc/hosts`,
    );
    for (const { source } of this.service.secrets ?? []) {
      const target = `${this.root}/run/secrets/${source}`;
      lines.push(
        `touch ${target}`,
        `mount --bind ${this.secrets[source].file} ${target}`,
        `mount -o remount,ro,bind ${target}`,
      );
    }
    return lines.join(' && ');
  }

  /** As the runtime would: nothing of our environment, no capability, no way to new ones. */
  #inside(command) {
    const { service, image } = this;
    const [uid, gid] = (service.user ?? image.user).split(':');
    const env = Object.entries({ ...image.env, ...service.environment, HOSTNAME: this.name });
    const rights = `--reuid ${uid} --regid ${gid} --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs`;
    const set = env.map(([key, value]) => quoted(`${key}=${value}`)).join(' ');
    const words = command.map(quoted).join(' ');
    const line = `cd ${image.workdir} && exec setpriv ${rights} env -i ${set} ${words}`;
    return `chroot ${this.root} sh -ec ${quoted(line)}`;
  }

  async #exec(command) {
    return run('nsenter', ['-t', String(this.#child.pid), '-m', '-n', 'sh', '-ec', `exec ${this.#inside(command)}`], {
      timeout: 60_000,
    });
  }

  /** A command in the running container: its exit code and output. */
  exec(command) {
    return this.#exec(command).then(
      (output) => ({ code: 0, output }),
      ({ code = -1, output = '' }) => ({ code, output }),
    );
  }

  get running() {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  log() {
    return readFileSync(this.#log, 'utf8').slice(-4_000);
  }

  /** Until its health check passes; milliseconds it took. */
  async healthy(patience = 120_000) {
    const [kind, ...command] = this.service.healthcheck?.test ?? ['CMD', ...this.image.healthcheck];
    if (kind !== 'CMD') throw new Error(`${this.name} has no health check`);
    const start = performance.now();
    for (let last = ''; ; await sleep(500)) {
      if (!this.running) throw new Error(`${this.name} ended\n${this.log()}`);
      const { code, output } = await this.exec(command);
      if (code === 0) return Math.round(performance.now() - start);
      last = output;
      if (performance.now() - start > patience) throw new Error(`${this.name} is not healthy: ${last}\n${this.log()}`);
    }
  }

  /** Of a container that does its work and ends. */
  async completed() {
    const code = await this.#ended();
    if (code !== 0) throw new Error(`${this.name} ended with ${code}\n${this.log()}`);
  }

  /** SIGTERM; its exit code. */
  async stop() {
    if (this.running) this.#child.kill('SIGTERM');
    return this.#ended();
  }

  kill() {
    if (this.running) this.#child.kill('SIGKILL');
  }

  #ended() {
    const child = this.#child;
    if (!this.running) return Promise.resolve(child.exitCode);
    return new Promise((resolve) => child.once('exit', (code) => resolve(code)));
  }
}

export const makeVolumes = (scratch) => mkdirSync(join(scratch, 'volumes'));
