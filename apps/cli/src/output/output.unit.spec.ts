import { ProblemError } from '@cartulary/client';
import { describe, expect, it } from 'vitest';
import { wantsColour } from '../context.js';
import { errorText } from './report-error.js';
import { printable, styleFor, visibleLength } from './style.js';
import { renderDetails, renderTable } from './table.js';
import { absolute, relative, span } from './time.js';

const plain = styleFor(false);
const coloured = styleFor(true);

describe('errorText', () => {
  it('names what was typed as it was typed, not where the API found it', () => {
    const problem = { type: 'x', title: 'The request is not valid', status: 400, code: 'INVALID_REQUEST' } as const;
    const errors = [{ pointer: '/path/issuerId', message: 'must match pattern "^[0-9a-f]{16}$"' }];
    const error = new ProblemError({ ...problem, detail: `${errors[0]!.pointer}: ${errors[0]!.message}`, errors });
    expect(errorText(error, plain)).toBe(
      '✗ issuerId: must match pattern "^[0-9a-f]{16}$"  INVALID_REQUEST\n' +
        '  → Correct it; the command’s --help has examples.\n',
    );
  });
});

describe('renderTable', () => {
  const columns = [
    { title: 'NAME', value: ({ name }: { name: string }) => name },
    { title: 'NONE', value: () => undefined },
    { title: 'N', value: ({ name }: { name: string }) => String(name.length), align: 'right' as const },
  ];
  it('aligns columns and leaves out those without a value', () =>
    expect(renderTable(columns, [{ name: 'a' }, { name: 'twelve chars' }], plain)).toBe(
      'NAME           N\na              1\ntwelve chars  12\n',
    ));

  it('aligns alike with colours', () => {
    const painted = columns.map((column) => ({ ...column, paint: coloured.red }));
    const rows = [{ name: 'a' }, { name: 'twelve chars' }];
    const lines = renderTable(painted, rows, coloured).split('\n').filter(Boolean);
    expect(new Set(lines.map(visibleLength))).toEqual(new Set([16]));
  });

  it('gives what stands last a line of its own where the terminal is too narrow, and keeps words whole', () => {
    const wide = [...columns, { title: 'FOR', value: () => 'spiffe://cluster.local/ns/shop/sa/cart' }];
    expect(renderTable(wide, [{ name: 'a' }], plain, 40)).toBe(
      'NAME  N\n  FOR\na     1\n  spiffe://cluster.local/ns/shop/sa/cart\n',
    );
    expect(renderTable(wide, [{ name: 'a' }], plain, 80).split('\n')).toHaveLength(3);
    const details = [['may', 'certificates:issue, certificates:read, self:read']] as const;
    expect(renderDetails(details, plain, 44)).toBe('may  certificates:issue, certificates:read,\n     self:read\n');
    expect(renderDetails(details, plain, 5)).toContain('\n     certificates:read,\n');
  });

  it('lets nothing through that a terminal would obey', () => {
    const text = renderTable(columns, [{ name: 'x\u001b[2J\u202Ey\n' }], plain);
    expect(text).not.toMatch(/\u001b|\u202E/);
    expect(text.split('\n')).toHaveLength(3);
    expect(printable('a\tb')).toBe('a\uFFFDb');
  });
});

describe('renderDetails', () => {
  it('leaves out what is not there', () =>
    expect(
      renderDetails(
        [
          ['serial', '01'],
          ['reason', undefined],
          ['for', 'x'],
        ],
        plain,
      ),
    ).toBe('serial  01\nfor     x\n'));
});

describe('times', () => {
  it.each([
    [0, '0 s'],
    [59_400, '59 s'],
    [90_000, '1 min 30 s'],
    [15 * 60_000 + 20_000, '15 min'],
    [86_400_000, '24 h'],
    [3 * 86_400_000 + 7_200_000, '3 d 2 h'],
    [86_399_000, '23 h 59 min'],
    [90 * 86_400_000 + 3_600_000, '90 d'],
  ])('are told in two units at most: %i ms is %s', (milliseconds, text) => expect(span(milliseconds)).toBe(text));

  it('are told from now', () => {
    const now = new Date('2026-11-22T12:00:00Z');
    expect(relative('2026-11-22T15:12:00Z', now)).toBe('in 3 h 12 min');
    expect(relative('2026-11-20T12:00:00Z', now)).toBe('2 d ago');
    expect(relative('2026-11-22T12:00:00.400Z', now)).toBe('now');
    expect(absolute('2026-11-22T12:00:00.123Z')).toBe('2026-11-22 12:00:00Z');
  });
});

describe('colours', () => {
  it.each([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ TERM: 'dumb' }, true, false],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '0' }, true, false],
  ])('are wanted as the environment says: %j on a terminal %j', (env, tty, wanted) =>
    expect(wantsColour(env as Record<string, string>, tty)).toBe(wanted),
  );
  it('are left out when they are not', () => expect(plain.red('x')).toBe('x'));
});
