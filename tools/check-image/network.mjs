import { writeFileSync } from 'node:fs';
import { run } from './shell.mjs';

const ip = (...args) => run('ip', args);

/**
 * The networks of a compose file, as bridges: each service a network namespace of its own with one address in each of
 * its networks, and a hosts file with those that it can reach. Runs in a network namespace of the check's own.
 */
export class Networks {
  #hosts = new Map();
  #addresses = new Map();

  static async create({ networks, services }, scratch) {
    const made = new Networks();
    await ip('link', 'set', 'lo', 'up');
    const names = Object.keys(networks);
    for (const [index, name] of names.entries()) {
      await ip('link', 'add', `br-${index}`, 'type', 'bridge');
      await ip('addr', 'add', `10.231.${index}.1/24`, 'dev', `br-${index}`);
      await ip('link', 'set', `br-${index}`, 'up');
    }
    for (const [number, [service, { networks: joined }]] of Object.entries(services).entries()) {
      await ip('netns', 'add', service);
      await ip('-n', service, 'link', 'set', 'lo', 'up');
      for (const name of Object.keys(joined)) {
        const index = names.indexOf(name);
        const [outside, inside] = [`v${number}-${index}`, `eth${index}`];
        await ip('link', 'add', outside, 'type', 'veth', 'peer', 'name', inside, 'netns', service);
        await ip('link', 'set', outside, 'master', `br-${index}`, 'up');
        await ip('-n', service, 'addr', 'add', `10.231.${index}.${number + 10}/24`, 'dev', inside);
        await ip('-n', service, 'link', 'set', inside, 'up');
        made.#addresses.set(`${service} ${name}`, `10.231.${index}.${number + 10}`);
      }
    }
    for (const service of Object.keys(services)) {
      const lines = ['127.0.0.1 localhost'];
      for (const other of Object.keys(services)) {
        const shared = Object.keys(services[other].networks).find((name) => name in services[service].networks);
        if (shared) lines.push(`${made.address(other, shared)} ${other}`);
      }
      const file = `${scratch}/hosts-${service}`;
      writeFileSync(file, `${lines.join('\n')}\n`);
      made.#hosts.set(service, file);
    }
    return made;
  }

  /** On a network, or on the first that it has. */
  address(service, network) {
    const found = [...this.#addresses].find(
      ([key]) => key === `${service} ${network}` || (!network && key.startsWith(`${service} `)),
    );
    if (!found) throw new Error(`${service} is not on ${network}`);
    return found[1];
  }

  hostsFile(service) {
    return this.#hosts.get(service);
  }
}
