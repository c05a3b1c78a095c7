import { type Kind } from './kinds.js';

export interface Key<T> {
  readonly kind: Kind<NonNullable<T>>;
  readonly description: string;
  /** As it would be written in a file or variable. */
  readonly default?: string;
  /** What the value is when nobody gives one and it follows from other keys, in words. */
  readonly derived?: string;
  /** Documented instead of "none" when there is no default. */
  readonly absent?: string;
}

interface Described {
  description: string;
}
type WithDefault = Described & { default: string };
type Derived = Described & { derived: string };
type Optional = Described & { absent: string };

/** A key that always has a value, by its default or by derivation, or (with `absent`) may have none. */
export function key<T>(kind: Kind<T>, options: WithDefault | Derived): Key<T>;
export function key<T>(kind: Kind<T>, options: Optional): Key<T | undefined>;
export function key<T>(kind: Kind<T>, options: WithDefault | Derived | Optional): Key<T> {
  return { kind: kind as Kind<NonNullable<T>>, ...options };
}

export type Section = Readonly<Record<string, Key<unknown>>>;
export type Sections = Readonly<Record<string, Section>>;

type Union<S extends Sections> = S[keyof S];
type Intersection<U> = (U extends unknown ? (value: U) => void : never) extends (value: infer I) => void ? I : never;
type ValueOf<K> = K extends Key<infer T> ? T : never;

export type KeysOf<S extends Sections> = Intersection<Union<S>>;
export type ConfigOf<D> =
  D extends ConfigDefinition<infer S> ? { readonly [N in keyof KeysOf<S>]: ValueOf<KeysOf<S>[N]> } : never;
type Values<S extends Sections> = { readonly [N in keyof KeysOf<S>]: ValueOf<KeysOf<S>[N]> };

export interface Rule<S extends Sections> {
  readonly key: keyof KeysOf<S> & string;
  readonly hint: string;
  holds(config: Values<S>): boolean;
}

export interface ConfigDefinition<S extends Sections = Sections> {
  readonly sections: S;
  /** In order; each sees what came before it. */
  readonly derive: { readonly [N in keyof KeysOf<S>]?: (config: Values<S>) => ValueOf<KeysOf<S>[N]> };
  /** What must hold between keys. */
  readonly rules: readonly Rule<S>[];
}

export const defineConfig = <const S extends Sections>(
  sections: S,
  { derive = {}, rules = [] }: Partial<Omit<ConfigDefinition<S>, 'sections'>> = {},
): ConfigDefinition<S> => ({ sections, derive, rules });

/** `httpsPort` → `CARTULARY_HTTPS_PORT`. */
export const variableName = (name: string): string =>
  `CARTULARY_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;

/** `httpsPort` → `--https-port`. */
export const flagName = (name: string): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

export interface KeyListing {
  readonly name: string;
  readonly variable: string;
  readonly flag: string;
  readonly section: string;
  readonly key: Key<unknown>;
}

/** Every key with its names, in the order of the definition: for documentation and for a command's options. */
export const listKeys = (definition: Pick<ConfigDefinition, 'sections'>): KeyListing[] =>
  Object.entries(definition.sections).flatMap(([section, keys]) =>
    Object.entries(keys).map(([name, entry]) => ({
      name,
      variable: variableName(name),
      flag: flagName(name),
      section,
      key: entry,
    })),
  );
