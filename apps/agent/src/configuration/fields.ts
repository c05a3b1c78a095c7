import { parseSpiffeId } from '@cartulary/x509';

/** The agent's description of its node is not what it should be. */
export class NodeFileError extends Error {
  readonly code = 'NODE_FILE_INVALID';
  override readonly name = 'NodeFileError';

  constructor(
    /** Such as `workloads[0].inbound[1].port`; empty: the whole file. */
    readonly at: string,
    readonly problem: string,
    options?: ErrorOptions,
  ) {
    super(`${at === '' ? 'the file' : at} ${problem}`, options);
  }
}

/** What is wrong with a value; undefined: nothing. */
type Check = (text: string) => string | undefined;

export const identity: Check = (text) => {
  try {
    parseSpiffeId(text);
    return undefined;
  } catch {
    return 'is no SPIFFE ID';
  }
};

/** An object of a document from outside, read field by field; everything throws NodeFileError. */
export class Fields {
  readonly #fields: Readonly<Record<string, unknown>>;

  constructor(
    value: unknown,
    private readonly place: string,
  ) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new NodeFileError(place, 'is no object');
    }
    this.#fields = value as Readonly<Record<string, unknown>>;
  }

  /** Of a whole file, JSON. */
  static of(text: string): Fields {
    try {
      return new Fields(JSON.parse(text), '');
    } catch (error) {
      if (error instanceof NodeFileError) throw error;
      throw new NodeFileError('', `is no JSON: ${(error as Error).message}`, { cause: error });
    }
  }

  at(name: string): string {
    return this.place === '' ? name : `${this.place}.${name}`;
  }

  only(...known: readonly string[]): void {
    const other = Object.keys(this.#fields).find((name) => !known.includes(name));
    if (other !== undefined)
      throw new NodeFileError(this.at(other.slice(0, 80)), `is unknown; known: ${known.join(', ')}`);
  }

  text(name: string, check?: Check, otherwise?: string): string {
    const value = this.#fields[name] ?? otherwise;
    if (value === undefined) throw new NodeFileError(this.at(name), 'is missing');
    return this.#checked(value, this.at(name), check);
  }

  texts(name: string, check?: Check): readonly string[] {
    return this.#array(name).map((value, index) => this.#checked(value, `${this.at(name)}[${index}]`, check));
  }

  list(name: string): readonly Fields[] {
    return this.#array(name).map((value, index) => new Fields(value, `${this.at(name)}[${index}]`));
  }

  port(name: string): number {
    const value = this.#fields[name];
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > 65_535) {
      throw new NodeFileError(this.at(name), 'is no port');
    }
    return value;
  }

  /** `otherwise` where it is missing. */
  whole<Otherwise extends number | undefined>(
    name: string,
    least: number,
    most: number,
    otherwise: Otherwise,
  ): number | Otherwise {
    const value = this.#fields[name];
    if (value === undefined) return otherwise;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
      throw new NodeFileError(this.at(name), `is no whole number from ${least} to ${most}`);
    }
    return value;
  }

  /** Undefined where it is missing. */
  child(name: string): Fields | undefined {
    const value = this.#fields[name];
    return value === undefined ? undefined : new Fields(value, this.at(name));
  }

  oneOf<Word extends string>(name: string, words: readonly Word[], otherwise?: Word): Word {
    const value = this.#fields[name] ?? otherwise;
    const word = words.find((each) => each === value);
    if (word === undefined) throw new NodeFileError(this.at(name), `is none of ${words.join(', ')}`);
    return word;
  }

  flag(name: string, otherwise: boolean): boolean {
    const value = this.#fields[name] ?? otherwise;
    if (typeof value !== 'boolean') throw new NodeFileError(this.at(name), 'is neither true nor false');
    return value;
  }

  #array(name: string): readonly unknown[] {
    const value = this.#fields[name] ?? [];
    if (!Array.isArray(value)) throw new NodeFileError(this.at(name), 'is no list');
    return value as readonly unknown[];
  }

  #checked(value: unknown, at: string, check?: Check): string {
    if (typeof value !== 'string' || value === '') throw new NodeFileError(at, 'is no text');
    const problem = check?.(value);
    if (problem !== undefined) throw new NodeFileError(at, problem);
    return value;
  }
}
