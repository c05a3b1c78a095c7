import { type Paint, printable, type Style, visibleLength } from './style.js';

export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string | undefined;
  /** Colours the text; gets it cleaned. */
  readonly paint?: (text: string, row: Row) => string;
  readonly align?: 'right';
}

const GAP = '  ';

/**
 * Aligned columns with a heading; a column without any value is left out. Where a line is wider than the terminal, what
 * stands last gets a line of its own below.
 */
export const renderTable = <Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  style: Style,
  width = Infinity,
): string => {
  const cells = columns
    .map((column) => ({ column, texts: rows.map((row) => printable(column.value(row) ?? '')) }))
    .filter(({ texts }) => texts.some((text) => text !== ''));
  const widths = cells.map(({ column, texts }) =>
    Math.max(column.title.length, ...texts.map((text) => [...text].length)),
  );
  const whole = widths.reduce((sum, each) => sum + each + GAP.length, -GAP.length);
  const folds = whole > width && cells.length > 2 && cells.at(-1)?.column.align !== 'right';
  const line = (texts: readonly string[]): string => {
    const padded = texts.map((text, index) => pad(text, widths[index] ?? 0, cells[index]?.column.align));
    if (!folds) return padded.join(GAP).trimEnd();
    return `${padded.slice(0, -1).join(GAP).trimEnd()}\n${GAP}${texts.at(-1)}`;
  };
  const heading = line(cells.map(({ column }) => style.dim(column.title)));
  const body = rows.map((row, index) =>
    line(cells.map(({ column, texts }) => (column.paint ?? plain)(texts[index] ?? '', row))),
  );
  return [heading, ...body, ''].join('\n');
};

const plain = (text: string): string => text;

export const pad = (text: string, width: number, align?: 'right'): string => {
  const fill = ' '.repeat(Math.max(0, width - visibleLength(text)));
  return align === 'right' ? fill + text : text + fill;
};

export type Detail = readonly [name: string, value: string | undefined, paint?: Paint];

/** `name  value` lines; what is undefined is left out, what is wider than the terminal goes on below itself. */
export const renderDetails = (details: readonly Detail[], style: Style, columns = Infinity): string => {
  const shown = details.filter(([, value]) => value !== undefined && value !== '');
  const width = Math.max(...shown.map(([name]) => name.length));
  const lines = shown.map(([name, value = '', paint]) => {
    const text = printable(value);
    const [first = '', ...more] = wrap(text, columns - width - GAP.length);
    const rest = more.map((part) => `\n${' '.repeat(width)}${GAP}${paint ? paint(part) : part}`);
    return `${style.dim(pad(name, width))}${GAP}${paint ? paint(first) : first}${rest.join('')}`;
  });
  return [...lines, ''].join('\n');
};

/** At spaces alone: what is copied as one word stays one. */
const wrap = (text: string, width: number): string[] => {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
};
