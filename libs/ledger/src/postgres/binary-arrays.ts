// Parameters in Postgres' binary form (array_recv): number of dimensions, whether there are nulls, the elements' type,
// then for the one dimension its length and lower bound, then each element behind its length. As text, every octet of a
// bytea would be two characters, escaped on one side and looked for quotes on the other.

const HEADER_BYTES = 20;
const LENGTH_BYTES = 4;
const OID = { bytea: 17, int8: 20, int4: 23, text: 25, uuid: 2950 };

const begin = (oid: number, count: number, elementBytes: number): Buffer => {
  const array = Buffer.allocUnsafe(HEADER_BYTES + count * LENGTH_BYTES + elementBytes);
  array.writeInt32BE(1, 0);
  array.writeInt32BE(0, 4);
  array.writeInt32BE(oid, 8);
  array.writeInt32BE(count, 12);
  array.writeInt32BE(1, 16);
  return array;
};

// An array without elements has no dimension.
const EMPTY_BYTES = 12;
const empty = (oid: number): Buffer => {
  const array = Buffer.alloc(EMPTY_BYTES);
  array.writeInt32BE(oid, 8);
  return array;
};

export function int4Array(values: readonly number[]): Buffer {
  if (values.length === 0) return empty(OID.int4);
  const array = begin(OID.int4, values.length, values.length * 4);
  let at = HEADER_BYTES;
  for (const value of values) {
    at = array.writeInt32BE(4, at);
    at = array.writeInt32BE(value, at);
  }
  return array;
}

const HIGH = 0x1_0000_0000;

/** Of safe integers that are not negative. */
export function int8Array(values: readonly number[]): Buffer {
  if (values.length === 0) return empty(OID.int8);
  const array = begin(OID.int8, values.length, values.length * 8);
  let at = HEADER_BYTES;
  for (const value of values) {
    at = array.writeInt32BE(8, at);
    at = array.writeInt32BE(Math.floor(value / HIGH), at);
    at = array.writeUInt32BE(value % HIGH, at);
  }
  return array;
}

export function textArray(values: readonly string[]): Buffer {
  if (values.length === 0) return empty(OID.text);
  let bytes = 0;
  for (const value of values) bytes += Buffer.byteLength(value, 'utf8');
  const array = begin(OID.text, values.length, bytes);
  let at = HEADER_BYTES;
  for (const value of values) {
    const written = array.write(value, at + LENGTH_BYTES, 'utf8');
    array.writeInt32BE(written, at);
    at += LENGTH_BYTES + written;
  }
  return array;
}

const UUID_BYTES = 16;

export function uuidArray(values: readonly string[]): Buffer {
  if (values.length === 0) return empty(OID.uuid);
  const array = begin(OID.uuid, values.length, values.length * UUID_BYTES);
  let at = HEADER_BYTES;
  for (const value of values) {
    at = array.writeInt32BE(UUID_BYTES, at);
    at += array.write(value.replaceAll('-', ''), at, 'hex');
  }
  return array;
}

export function byteaArray(values: readonly Uint8Array[]): Buffer {
  if (values.length === 0) return empty(OID.bytea);
  let bytes = 0;
  for (const value of values) bytes += value.length;
  const array = begin(OID.bytea, values.length, bytes);
  let at = HEADER_BYTES;
  for (const value of values) {
    at = array.writeInt32BE(value.length, at);
    array.set(value, at);
    at += value.length;
  }
  return array;
}
