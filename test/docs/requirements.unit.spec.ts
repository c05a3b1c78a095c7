import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const file = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const page = readFileSync(file('docs/requirements.md'), 'utf8');

const counts = { ID: 5, KM: 9, CS: 7, AC: 5, AU: 2, SV: 6 };
const ids = Object.entries(counts).flatMap(([area, count]) =>
  Array.from({ length: count }, (_, index) => `${area}-${index + 1}`),
);
const rows = [...page.matchAll(/^\| ([A-Z]{2}-\d+) \| (.+) \| (.+) \|$/gm)].map(([, id, , state]) => ({
  id: id!,
  state: state!,
}));

describe('docs/requirements.md', () => {
  it('has each requirement once', () => expect(rows.map(({ id }) => id)).toEqual(ids));

  it.each(rows)('says of $id how it stands, by tests that exist', ({ state }) => {
    expect(state).toMatch(/^(works: `|partly: \S|not yet$)/);
    const tests = [...state.matchAll(/`([^`]+\.spec\.ts)`/g)].map(([, path]) => path!);
    if (state.startsWith('works')) expect(tests).not.toEqual([]);
    expect(tests.filter((path) => !existsSync(file(path)))).toEqual([]);
  });

  it.each([
    'package.json',
    'nest-cli.json',
    'tsconfig.json',
    'apps',
    'libs',
    'migrations',
    'docker-compose.yml',
    'test',
  ])('is right about the top level: %s', (name) => expect(existsSync(file(name))).toBe(true));
});
