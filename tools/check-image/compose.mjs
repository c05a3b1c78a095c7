import { join } from 'node:path';
import { run } from './shell.mjs';

const TO_JSON = 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)';

/** A compose file as docker-compose understands it: anchors, merges and variables resolved. */
export const readCompose = async (directory, file = 'docker-compose.yml') => {
  const command = `docker-compose -f ${join(directory, file)} config | python3 -c '${TO_JSON}'`;
  return JSON.parse(await run('bash', ['-o', 'pipefail', '-c', command], { cwd: directory }));
};

/** In an order that depends_on allows. */
export const startOrder = (services) => {
  const order = [];
  const visit = (name) => {
    for (const before of Object.keys(services[name].depends_on ?? {})) visit(before);
    if (!order.includes(name)) order.push(name);
  };
  Object.keys(services).forEach(visit);
  return order;
};
