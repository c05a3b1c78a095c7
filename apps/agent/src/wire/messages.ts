import protobuf from 'protobufjs';

/** `name: 'type id'`, `name: 'repeated type id'` or `name: 'map<string,type> id'`. */
export type Fields = Readonly<Record<string, string>>;

const field = (text: string): protobuf.IField | protobuf.IMapField => {
  const [type = '', id, ...rest] = text
    .replace(/^(repeated|map<string,)/, '')
    .replace('>', '')
    .trim()
    .split(/\s+/);
  if (rest.length > 0) throw new Error(`not a field: ${text}`);
  const number = { type, id: Number(id) };
  if (text.startsWith('map<')) return { keyType: 'string', ...number };
  return { ...number, ...(text.startsWith('repeated') ? { rule: 'repeated' } : {}) };
};

/**
 * Messages of somebody else's protocol, with the fields of them that are used here and their numbers. What a message
 * has beyond these is skipped when it is read, as Protocol Buffers promise.
 */
export const messages = <Name extends string>(
  types: Readonly<Record<Name, Fields>>,
): Readonly<Record<Name, protobuf.Type>> => {
  const nested = Object.fromEntries(
    Object.entries<Fields>(types).map(([name, fields]) => [
      name,
      { fields: Object.fromEntries(Object.entries(fields).map(([key, text]) => [key, field(text)])) },
    ]),
  );
  const root = protobuf.Root.fromJSON({ nested });
  root.resolveAll();
  const names = Object.keys(types) as Name[];
  return Object.fromEntries(names.map((name) => [name, root.lookupType(name)])) as Record<Name, protobuf.Type>;
};

export const encode = (type: protobuf.Type, message: object): Buffer => Buffer.from(type.encode(message).finish());

/** With every field, by its default where it is absent. Throws where the bytes are no such message. */
export const decode = <T>(type: protobuf.Type, bytes: Uint8Array): T =>
  type.toObject(type.decode(bytes), { defaults: true, arrays: true, objects: true, longs: Number }) as T;
