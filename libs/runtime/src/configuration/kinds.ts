import Type, { type TSchema } from 'typebox';
import { Secret } from './secret.js';
import { parseBytes, parseDuration } from './units.js';

/** How a key's text becomes a value. `parse` gives undefined for text it cannot read; `schema` then bounds the value. */
export interface Kind<T> {
  readonly name: string;
  readonly hint: string;
  readonly schema: TSchema;
  /** What was given is never shown. */
  readonly confidential?: boolean;
  parse(text: string): T | undefined;
}

export const textKind: Kind<string> = {
  name: 'text',
  hint: 'any text that is not empty',
  schema: Type.String({ minLength: 1 }),
  parse: (text) => text,
};

export const secretKind: Kind<Secret> = {
  name: 'secret',
  hint: 'text; better given by a file, with the variable whose name ends in _FILE',
  schema: Type.Unknown(),
  confidential: true,
  parse: (text) => (text === '' ? undefined : new Secret(text)),
};

export const portKind: Kind<number> = {
  name: 'port',
  hint: 'a number from 0 (any free port) to 65535',
  schema: Type.Integer({ minimum: 0, maximum: 65_535 }),
  parse: (text) => (/^\d+$/.test(text) ? Number(text) : undefined),
};

export const integerKind = (minimum: number, maximum: number): Kind<number> => ({
  name: 'integer',
  hint: `a whole number from ${minimum} to ${maximum}`,
  schema: Type.Integer({ minimum, maximum }),
  parse: (text) => (/^-?\d+$/.test(text) ? Number(text) : undefined),
});

export const booleanKind: Kind<boolean> = {
  name: 'boolean',
  hint: '`true` or `false`',
  schema: Type.Boolean(),
  parse: (text) => ({ true: true, false: false })[text],
};

export const durationKind = (minimum: string, maximum: string): Kind<number> => ({
  name: 'duration',
  hint: `a number with its unit (ms, s, m, h, d, w, y), from ${minimum} to ${maximum}, such as \`5m\` or \`24h\``,
  schema: Type.Integer({ minimum: parseDuration(minimum) ?? 0, maximum: parseDuration(maximum) ?? 0 }),
  parse: parseDuration,
});

export const bytesKind = (minimum: string, maximum: string): Kind<number> => ({
  name: 'bytes',
  hint: `a size from ${minimum} to ${maximum}, such as \`1MiB\``,
  schema: Type.Integer({ minimum: parseBytes(minimum) ?? 0, maximum: parseBytes(maximum) ?? 0 }),
  parse: parseBytes,
});

/** An absolute URL with one of `protocols` (`http:`). Kept as written, so that `URL` never adds a slash of its own. */
export const urlKind = (protocols: readonly string[]): Kind<string> => ({
  name: 'url',
  hint: `an absolute URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  schema: Type.String({ minLength: 1 }),
  parse: (text) => (protocols.includes(URL.parse(text)?.protocol ?? '') ? text : undefined),
});

export const enumKind = <const T extends string>(values: readonly T[]): Kind<T> => ({
  name: values.map((value) => `\`${value}\``).join(', '),
  hint: `one of ${values.join(', ')}`,
  schema: Type.Union(values.map((value) => Type.Literal(value))),
  parse: (text) => values.find((value) => value === text),
});

/** Several of a kind, with commas between them. */
export const listKind = <T extends string>(of: Kind<T>): Kind<readonly T[]> => ({
  name: `list of ${of.name}`,
  hint: `one or more, with commas between them: ${of.hint}`,
  schema: Type.Array(of.schema, { minItems: 1, uniqueItems: true }),
  parse: (text) => {
    const values = text.split(',').map((part) => of.parse(part.trim()));
    return values.every((value) => value !== undefined) ? values : undefined;
  },
});

/** Text of a fixed form; `hint` says which. */
export const patternKind = (name: string, pattern: RegExp, maxLength: number, hint: string): Kind<string> => ({
  name,
  hint,
  schema: Type.String({ pattern: pattern.source, maxLength }),
  parse: (text) => text,
});
