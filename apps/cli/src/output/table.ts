import { type Paint, printable, type Style, visibleLength } from './style.js';

export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string | undefined;
  /** Colours the text; gets it cleaned. */
  readonly paint?: (text: string, row: Row) => string;
  readonly align?: 'right';
}

const GAP = '  ';

/** Aligned columns with a heading; a column without any value is left out. */
export const renderTable = <Row>(columns: readonly Column<Row>[], rows: readonly Row[], style: Style): string => {
  const cells = columns
    .map((column) => ({ column, texts: rows.map((row) => printable(column.value(row) ?? '')) }))
    .filter(({ texts }) => texts.some((text) => text !== ''));
  const widths = cells.map(({ column, texts }) =>
    Math.max(column.title.length, ...texts.map((text) => [...text].length)),
  );
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, index) => pad(text, widths[index] ?? 0, cells[index]?.column.align))
      .join(GAP)
      .trimEnd();
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

/** `name  value` lines; what is undefined is left out. */
export const renderDetails = (details: readonly Detail[], style: Style): string => {
  const shown = details.filter(([, value]) => value !== undefined && value !== '');
  const width = Math.max(...shown.map(([name]) => name.length));
  const lines = shown.map(([name, value = '', paint]) => {
    const text = printable(value);
    return `${style.dim(pad(name, width))}${GAP}${paint ? paint(text) : text}`;
  });
  return [...lines, ''].join('\n');
};
