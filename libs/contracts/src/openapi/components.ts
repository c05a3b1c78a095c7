import type { TSchema } from 'typebox';

type Json = Record<string, unknown>;

/** Collects the schemas that have a title, so that each stands in the document once and is referred to elsewhere. */
export class Components {
  private readonly named = new Map<string, Json>();

  refer(schema: TSchema): Json {
    return this.walk(schema as unknown) as Json;
  }

  schemas(): Record<string, Json> {
    return Object.fromEntries([...this.named].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  private walk(node: unknown): unknown {
    if (Array.isArray(node)) return node.map((item) => this.walk(item));
    if (typeof node !== 'object' || node === null) return node;
    const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, this.walk(value)]));
    const { title, ...schema } = copy;
    if (typeof title !== 'string' || schema['type'] !== 'object') return copy;
    const known = this.named.get(title);
    if (known && JSON.stringify(known) !== JSON.stringify(schema)) throw new Error(`two schemas are called ${title}`);
    this.named.set(title, schema);
    return { $ref: `#/components/schemas/${title}` };
  }
}
