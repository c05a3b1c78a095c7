/** Three figures that count, without an exponent. */
export const figure = (value) => {
  if (value === undefined || Number.isNaN(value)) return '–';
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1_000) return String(value);
  if (size >= 1_000)
    return Math.round(value)
      .toString()
      .replaceAll(/\B(?=(\d{3})+(?!\d))/g, ' ');
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  return Number(value.toPrecision(3)).toString();
};

/** `12.3 (11.9–13.0)`: the median and how far repetitions lie apart. */
export const withSpread = ({ value, min, max, count = 1 }) =>
  count > 1 && min !== undefined ? `${figure(value)} (${figure(min)}–${figure(max)})` : figure(value);

export const markdownTable = (columns, rows) => {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const rule = columns.map((_, index) => (index === 0 ? '---' : '---:'));
  return [line(columns), line(rule), ...rows.map(line)].join('\n');
};
