import { readFile } from 'node:fs/promises';
import { Fields, identity, NodeFileError } from '../configuration/fields.js';
import type { Inbound, MeshDescription, Outbound, Workload } from './mesh-description.js';
import type { ServiceRules } from './service-rules.js';

const LONGEST_FILE = 4 << 20;
const nameOf = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)$/;
const hostPort = /^([A-Za-z0-9.-]{1,253}):([0-9]{1,5})$/;

const name = (text: string): string | undefined =>
  nameOf.test(text) ? undefined : 'is no name: letters a-z, digits and hyphens, at most 63';
/** With a namespace, as the CA has them; a file that rules its own services needs none. */
const serviceName = (text: string): string | undefined => {
  const parts = text.split('.');
  const wrong = 'is no service: a name, or one with its namespace, `cart.shop`';
  return parts.length <= 2 && parts.every((part) => nameOf.test(part)) ? undefined : wrong;
};

const inboundFields = ['service', 'address', 'port', 'appPort', 'protocol', 'check', 'speaksFirst', 'withoutAgent'];

const inbound = (fields: Fields): Inbound => {
  fields.only(...inboundFields, 'longestRequest');
  const read: Inbound = {
    service: fields.text('service', serviceName),
    address: fields.text('address', (text) => (ipv4.test(text) ? undefined : 'is no IPv4 address'), '127.0.0.1'),
    port: fields.port('port'),
    appPort: fields.port('appPort'),
    protocol: fields.oneOf('protocol', ['http', 'tcp']),
    check: fields.oneOf('check', ['request', 'connection'], 'request'),
    speaksFirst: fields.oneOf('speaksFirst', ['client', 'server'], 'client'),
    withoutAgent: fields.oneOf('withoutAgent', ['closed', 'open'], 'closed'),
  };
  const longestRequest = fields.whole('longestRequest', 1, 300, undefined);
  if (longestRequest === undefined) return read;
  if (read.protocol !== 'http' || read.check !== 'request') {
    throw new NodeFileError(fields.at('longestRequest'), 'needs the protocol http and a check of each request');
  }
  return { ...read, longestRequest };
};

const endpoint = (text: string, at: string): { host: string; port: number } => {
  const [, host, port] = hostPort.exec(text) ?? [];
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) throw new NodeFileError(at, 'is no host:port');
  return { host, port: Number(port) };
};

const outbound = (fields: Fields): Outbound => {
  fields.only('service', 'port', 'protocol', 'endpoints');
  const endpoints = fields
    .texts('endpoints')
    .map((text, index) => endpoint(text, `${fields.at('endpoints')}[${index}]`));
  if (endpoints.length === 0) throw new NodeFileError(fields.at('endpoints'), 'names none');
  return {
    service: fields.text('service', serviceName),
    port: fields.port('port'),
    protocol: fields.oneOf('protocol', ['http', 'tcp']),
    endpoints,
  };
};

const workload = (fields: Fields): Workload => {
  fields.only('name', 'identity', 'accessLog', 'inbound', 'outbound');
  return {
    name: fields.text('name', name),
    identity: fields.text('identity', identity),
    accessLog: fields.text('accessLog', undefined, '/dev/stdout'),
    inbound: fields.list('inbound').map(inbound),
    outbound: fields.list('outbound').map(outbound),
  };
};

const rules = (fields: Fields): ServiceRules => {
  fields.only('service', 'runs', 'callers', 'mode', 'enforced');
  const runs = fields.texts('runs', identity);
  // Without a matcher Envoy takes any server that has a certificate.
  if (runs.length === 0) throw new NodeFileError(fields.at('runs'), 'names nobody who runs the service');
  return {
    service: fields.text('service', serviceName),
    runs,
    callers: fields.texts('callers', identity),
    mode: fields.oneOf('mode', ['disabled', 'permissive', 'strict'], 'strict'),
    enforced: fields.flag('enforced', true),
  };
};

const unique = (values: readonly (string | number)[], at: string): void => {
  const twice = values.find((value, index) => values.indexOf(value) !== index);
  if (twice !== undefined) throw new NodeFileError(at, `has ${twice} twice`);
};

/** Reads and checks the whole of it. Throws NodeFileError, which says where. */
export const parseMesh = (text: string): MeshDescription => {
  const fields = Fields.of(text);
  fields.only('workloads', 'services');
  const mesh = { workloads: fields.list('workloads').map(workload), services: fields.list('services').map(rules) };
  const known = mesh.services.map(({ service }) => service);
  unique(known, 'services');
  unique(
    mesh.workloads.map(({ name }) => name),
    'workloads',
  );
  mesh.workloads.forEach((each, index) => {
    const at = `workloads[${index}]`;
    unique(
      [...each.inbound, ...each.outbound].map(({ port }) => port),
      `${at}: its ports`,
    );
    unique(
      each.outbound.map(({ service }) => service),
      `${at}.outbound`,
    );
    const runsIt = mesh.services.filter(({ runs }) => runs.includes(each.identity)).map(({ service }) => service);
    each.inbound.forEach(({ service }, position) => {
      if (known.includes(service) && !runsIt.includes(service)) {
        throw new NodeFileError(`${at}.inbound[${position}].service`, `${each.identity} does not run ${service}`);
      }
    });
  });
  return mesh;
};

/** Throws NodeFileError, also where the file can't be read. */
export const readMesh = async (path: string): Promise<MeshDescription> => {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new NodeFileError('', (error as NodeJS.ErrnoException).code ?? 'cannot be read', { cause: error });
  }
  if (text.length > LONGEST_FILE) throw new NodeFileError('', `is longer than ${LONGEST_FILE} characters`);
  return parseMesh(text);
};
