import { expandPath, type Route } from '@cartulary/contracts';
import type { Random } from '../faults/random.js';
import type { Call } from './service.js';

type Schema = Record<string, unknown>;

const hostile: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  2 ** 53,
  '',
  ' ',
  '\0',
  '\u202e\ufeff',
  'ÿ'.repeat(300),
  '💥',
  "' OR 1=1 --",
  '../../etc/passwd',
  'a'.repeat(5_000),
  '9999-12-31T23:59:60Z',
  '0001-01-01T00:00:00Z',
  [],
  [[]],
  {},
  { __proto: 1 },
  { toString: 1, valueOf: null, then: 'x' },
];

/** Something that fits the schema more or less: where it says what is expected, that is tried first. */
const valueFor = (schema: Schema, random: Random, depth = 0): unknown => {
  if (random.next() < 0.12 || depth > 6) return random.pick(hostile);
  const choices = (schema['anyOf'] ?? schema['oneOf']) as Schema[] | undefined;
  if (choices) return valueFor(random.pick(choices), random, depth + 1);
  if (schema['const'] !== undefined) return schema['const'];
  if (Array.isArray(schema['enum'])) return random.pick(schema['enum']);
  if (schema['type'] === 'object') return objectFor(schema, random, depth);
  if (schema['type'] === 'array') {
    const length = random.pick([0, 1, 2, 5]);
    return Array.from({ length }, () => valueFor((schema['items'] ?? {}) as Schema, random, depth + 1));
  }
  if (schema['type'] === 'integer') return random.pick([0, 1, 100, 1_000, 1_001, -1, 1.5, 2 ** 31, 2 ** 63]);
  if (schema['type'] === 'boolean') return random.next() < 0.5;
  const examples = schema['examples'] as unknown[] | undefined;
  if (examples && random.next() < 0.7) return vary(String(examples[0]), random);
  return random.pick(['a', 'spiffe://cluster.local/ns/fuzz/sa/a', '01'.repeat(17), '24h', 'f'.repeat(64), 'shop']);
};

const vary = (text: string, random: Random): string => {
  if (random.next() < 0.4) return text;
  const at = random.between(0, text.length);
  return (
    text.slice(0, at) +
    random.pick(['', '\0', ':', '/', '%', 'é', ' ', '\r\n', 'A'.repeat(300)]) +
    text.slice(at + random.between(0, 2))
  );
};

const objectFor = (schema: Schema, random: Random, depth: number): Record<string, unknown> => {
  const properties = (schema['properties'] ?? {}) as Record<string, Schema>;
  const made: Record<string, unknown> = {};
  for (const [name, each] of Object.entries(properties)) {
    if (random.next() < 0.75) made[name] = valueFor(each, random, depth + 1);
  }
  if (random.next() < 0.1)
    made[random.pick(['extra', '$ref', 'constructor', 'hasOwnProperty', ''])] = random.pick(hostile);
  return made;
};

const nested = (depth: number): string => `${'{"a":['.repeat(depth)}1${']}'.repeat(depth)}`;

const textFor = (json: string, random: Random): Buffer => {
  const bytes = Buffer.from(json);
  switch (random.between(0, 11)) {
    case 0:
      return bytes.subarray(0, random.between(0, bytes.length));
    case 1:
      return Buffer.concat([bytes, Buffer.from(random.pick([',', '}', '\0', '//', json]))]);
    case 2: {
      const at = random.between(0, bytes.length);
      return Buffer.concat([bytes.subarray(0, at), random.bytes(random.between(1, 8)), bytes.subarray(at)]);
    }
    case 3:
      return Buffer.from(nested(random.pick([10, 1_000, 20_000])));
    case 4:
      return Buffer.from(json.replace('{', '{"__proto__":{"a":1},'));
    case 5:
      return Buffer.concat([Buffer.from('efbbbf', 'hex'), bytes]);
    case 6:
      return Buffer.from(json, 'utf16le');
    case 7:
      return Buffer.from(`[${'0,'.repeat(random.pick([10, 100_000]))}0]`);
    default:
      return bytes;
  }
};

const types = [
  'application/json',
  'application/json; charset=utf-8',
  'text/plain',
  'application/xml',
  'multipart/form-data',
  'application/json; charset=utf-16',
  'a/b;;',
  '',
];
const names = [
  'accept',
  'if-none-match',
  'range',
  'authorization',
  'idempotency-key',
  'x-correlation-id',
  'cookie',
  'content-encoding',
  'expect',
  'x-http-method-override',
  'x-forwarded-for',
  'traceparent',
];
const values = [
  '',
  '*',
  '*/*',
  'Bearer x',
  'Bearer ' + 'a'.repeat(3_000),
  'Basic OmE=',
  'bytes=0-0,-1',
  'gzip',
  'a'.repeat(300),
  '${jndi:ldap://a}',
  '00-0-0-0',
  '1',
];

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value)) ?? '';

const queryFor = (route: Route, random: Random): string => {
  if (random.next() < 0.1)
    return `?${random.pick(['a=b', '__proto__[a]=1', '%', '&&&=&', 'limit=1&limit=2', `a=${'x'.repeat(3_000)}`, '%00=%ff'])}`;
  if (!route.query) return '';
  const query = Object.entries(objectFor(route.query as unknown as Schema, random, 0));
  const text = query.map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(textOf(value).slice(0, 1_500))}`,
  );
  return text.length > 0 ? `?${text.join('&')}` : '';
};

const pathFor = (route: Route, random: Random): string => {
  const params = Object.fromEntries(
    [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => {
      const schema = (route.params as unknown as { properties: Record<string, Schema> }).properties[name!]!;
      return [name!, textOf(valueFor(schema, random)).slice(0, 700) || '-'];
    }),
  );
  const path = expandPath(route.path, params);
  if (random.next() < 0.05) return path + random.pick(['/', '//', '%2f..', ';a=b', '%', '%00', '/../..', '?', '.json']);
  return path;
};

/** A request to the route that fits its schemas in parts. */
export const callFor = (route: Route, random: Random): Call => {
  const method =
    random.next() < 0.03 ? random.pick(['PUT', 'PATCH', 'OPTIONS', 'HEAD', 'TRACE', 'DELETE', 'POST']) : route.method;
  const headers: Record<string, string> = {};
  for (let count = random.pick([0, 0, 0, 1, 2]); count > 0; count--) headers[random.pick(names)] = random.pick(values);
  const path = pathFor(route, random) + queryFor(route, random);
  if (!route.body && random.next() < 0.95) return { method, path, headers };
  const json = JSON.stringify(valueFor((route.body ?? {}) as unknown as Schema, random)) ?? 'null';
  headers['content-type'] = random.next() < 0.9 ? 'application/json' : random.pick(types);
  return { method, path, headers, body: textFor(json, random) };
};
