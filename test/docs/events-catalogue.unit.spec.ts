import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { leafHash } from '@cartulary/ledger';

const file = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const page = readFileSync(file('docs/events.md'), 'utf8');

interface Section {
  readonly stream: string | undefined;
  /** Dotted paths, a `?` after what can be absent. */
  readonly fields: readonly string[];
}

const documented = (): Map<string, Section> =>
  new Map(
    page
      .split(/^### /m)
      .slice(1)
      .map((section) => {
        const [type = ''] = section.split('\n', 1);
        const rows = [...section.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell]) => [...cell!.matchAll(/`([^`]+)`/g)]);
        const [, stream] = /^Stream `([^`]+)`/m.exec(section) ?? [];
        return [type, { stream, fields: rows.map(([, field]) => field!).sort() }];
      }),
  );

const streamForms = (): string[] =>
  [...readFileSync(file('libs/domain/src/shared/streams.ts'), 'utf8').matchAll(/=> `([^`]+)`/g)].map(([, form]) =>
    form!.replace(/\$\{(\w+)\}/g, '<$1>'),
  );

const entry = file('libs/domain/src/index.ts');
const program = ts.createProgram([entry], {
  strict: true,
  noEmit: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  skipLibCheck: true,
  types: [],
});
const checker = program.getTypeChecker();

/** Every exported type that is an event, with the paths of its data. */
const declared = (): Map<string, string[]> => {
  const index = checker.getSymbolAtLocation(program.getSourceFile(entry)!)!;
  const events = new Map<string, string[]>();
  for (const exported of checker.getExportsOfModule(index)) {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    if (!(symbol.flags & ts.SymbolFlags.TypeAlias)) continue;
    const type = checker.getDeclaredTypeOfSymbol(symbol);
    for (const event of type.isUnion() ? type.types : [type]) {
      const name = propertyType(event, 'type');
      const data = propertyType(event, 'data');
      if (event.aliasSymbol?.name === 'DomainEvent' || !name?.isStringLiteral() || !data) continue;
      events.set(name.value, pathsOf(data, '').sort());
    }
  }
  return events;
};

const propertyType = (type: ts.Type, name: string): ts.Type | undefined => {
  const property = type.getProperty(name);
  return property && checker.getTypeOfSymbol(property);
};

const pathsOf = (type: ts.Type, prefix: string): string[] =>
  type.getProperties().flatMap((property) => {
    const optional = (property.flags & ts.SymbolFlags.Optional) !== 0;
    const path = `${prefix}${property.name}${optional ? '?' : ''}`;
    const value = checker.getNonNullableType(checker.getTypeOfSymbol(property));
    return [path, ...(isRecord(value) ? pathsOf(value, `${path}.`) : [])];
  });

/** Neither a (branded) string nor a list. */
const isRecord = (type: ts.Type): boolean => (type.flags & ts.TypeFlags.Object) !== 0 && !checker.isArrayLikeType(type);

describe('docs/events.md', () => {
  it('has every event of libs/domain with its fields, and no other', () => {
    const types = declared();
    expect(types.size).toBeGreaterThan(0);
    const fields = new Map([...documented()].map(([type, section]) => [type, section.fields]));
    expect(Object.fromEntries(fields)).toEqual(Object.fromEntries(types));
  });

  it('says for each event a stream as libs/domain names them, and leaves none out', () => {
    const named = [...documented().values()].map(({ stream }) => stream);
    expect([...new Set(named)].sort()).toEqual(streamForms().sort());
  });

  it('shows an envelope in the ledger’s form, and its leaf hash', () => {
    const [, example = ''] = /```json\n(.*)\n```/.exec(page) ?? [];
    const [, hash] = /```text\n([0-9a-f]{64})\n```/.exec(page) ?? [];
    const envelope = JSON.parse(example) as { type: string; data: Record<string, unknown> };
    expect(JSON.stringify(envelope)).toBe(example);
    expect(leafHash(Buffer.from(example)).toString('hex')).toBe(hash);
    expect(createHash('sha256').update('\0').update(example).digest('hex')).toBe(hash);

    const keys = [...page.matchAll(/^\| (`.*?) \|/gm)].slice(0, 8).flatMap(([, cell]) => cell!.match(/\w+/g));
    expect(Object.keys(envelope)).toEqual(keys);
    const fields = declared().get(envelope.type) ?? [];
    expect(fields.map((field) => field.replace('?', ''))).toEqual(
      expect.arrayContaining(Object.keys(envelope.data)) as unknown,
    );
    const required = fields.filter((field) => !field.endsWith('?'));
    expect(Object.keys(envelope.data)).toEqual(expect.arrayContaining(required) as unknown);
  });
});
