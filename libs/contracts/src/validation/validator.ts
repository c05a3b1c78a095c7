import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

/** What does not match, with the JSON pointer (RFC 6901) to it. */
export interface Mismatch {
  readonly pointer: string;
  readonly message: string;
}

export type Validated<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly errors: readonly Mismatch[] };

export type Validate<Value> = (input: unknown) => Validated<Value>;

interface TypeBoxError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message: string;
  readonly params: object;
}

/** A refusal says enough to correct it; more would only echo a hostile input. */
const MAX_ERRORS = 20;

const describe = (error: TypeBoxError): Mismatch[] => {
  const { keyword, instancePath, params } = error;
  const at = (name: string, message: string) => ({ pointer: `${instancePath}/${escape(name)}`, message });
  if (keyword === 'required') {
    return (params as { requiredProperties: string[] }).requiredProperties.map((name) => at(name, 'is missing'));
  }
  if (keyword === 'additionalProperties') {
    return (params as { additionalProperties: string[] }).additionalProperties.map((name) =>
      at(name.slice(0, 64), 'is not known here'),
    );
  }
  if (keyword === 'enum') {
    const { allowedValues } = params as { allowedValues: unknown[] };
    return [{ pointer: instancePath, message: `must be one of ${allowedValues.join(', ')}` }];
  }
  return [{ pointer: instancePath, message: error.message }];
};

const escape = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');

// `boolean` accompanies additionalProperties, and a failed branch of oneOf accompanies its summary.
const tells = ({ keyword }: TypeBoxError): boolean => keyword !== 'boolean' && keyword !== 'anyOf';

const errorsOf = (errors: readonly TypeBoxError[], summary: string | undefined): Mismatch[] => {
  const oneOf = errors.filter(({ keyword, instancePath }) => keyword === 'oneOf' && instancePath === '');
  if (oneOf.length > 0 && summary) {
    const rest = errors.filter(
      (error) => !(error.instancePath === '' && ['required', 'oneOf'].includes(error.keyword)),
    );
    return [{ pointer: '', message: summary }, ...rest.filter(tells).flatMap(describe)];
  }
  return errors.filter(tells).flatMap(describe);
};

/** A body that may be left out is a schema wrapped in `Type.Optional`. */
export const isOptional = (schema: TSchema): boolean => '~optional' in schema;

/**
 * Compiles a schema once; call it at start, not per request. The returned function fills in defaults (in place) and
 * gives the typed value or what does not match.
 */
export const validatorFor = <Schema extends TSchema>(schema: Schema): Validate<Static<Schema>> => {
  const compiled = Compile(schema);
  const summary = (schema as { description?: string }).description;
  const optional = isOptional(schema);
  return (input) => {
    if (optional && input === undefined) return { ok: true, value: undefined as Static<Schema> };
    const value = compiled.Default(input);
    if (compiled.Check(value)) return { ok: true, value: value as Static<Schema> };
    const errors = errorsOf(compiled.Errors(value) as unknown as TypeBoxError[], summary);
    return { ok: false, errors: errors.slice(0, MAX_ERRORS) };
  };
};

type PropertySchema = { readonly type?: string };

/** As `validatorFor`, for what comes as text (path parameters, query): integers and booleans are read first. */
export const textValidatorFor = <Schema extends TSchema>(schema: Schema): Validate<Static<Schema>> => {
  const validate = validatorFor(schema);
  const properties = (schema as { properties?: Record<string, PropertySchema> }).properties ?? {};
  return (input) => {
    const read: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    for (const [name, value] of Object.entries(input ?? {})) {
      read[name] = Object.hasOwn(properties, name) ? fromText(properties[name]?.type, value) : value;
    }
    return validate({ ...read });
  };
};

const fromText = (type: string | undefined, value: unknown): unknown => {
  if (typeof value !== 'string') return value;
  if (type === 'integer' && /^-?\d{1,15}$/.test(value)) return Number(value);
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  return value;
};
