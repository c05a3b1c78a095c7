type Placeholder = `$${number}`;

/** The WHERE of a list. Values only ever travel as parameters; SQL is text of this program. */
export class Conditions {
  readonly #texts: string[] = [];
  readonly #parameters: unknown[] = [];

  /** `condition` is given the parameter's placeholder; an undefined value adds nothing. */
  add(condition: (placeholder: Placeholder) => string, value: unknown): this {
    if (value !== undefined) this.#texts.push(condition(this.parameter(value)));
    return this;
  }

  literally(condition: string): this {
    this.#texts.push(condition);
    return this;
  }

  parameter(value: unknown): Placeholder {
    return `$${this.#parameters.push(value)}`;
  }

  get where(): string {
    return this.#texts.length === 0 ? '' : `WHERE ${this.#texts.join(' AND ')}`;
  }

  get parameters(): readonly unknown[] {
    return this.#parameters;
  }
}
