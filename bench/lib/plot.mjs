import { figure } from './format.mjs';

const [WIDTH, HEIGHT] = [640, 300];
const [LEFT, RIGHT, TOP, BOTTOM] = [70, 20, 40, 56];
const COLOURS = ['#1f6feb', '#d1495b', '#2a9d5c', '#8250df'];
const escape = (text) => String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** Round steps for an axis from 0 to `most`. */
const ticks = (most) => {
  const rough = most / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((one) => one >= rough);
  return Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, index) => index * step);
};

/** Sizes a thousandfold apart are drawn by their logarithm; 0 then stands at the left end. */
const horizontal = (values) => {
  const positive = values.filter((value) => value > 0);
  const [low, high] = [Math.min(...positive), Math.max(...positive)];
  const logarithmic = high / low >= 50;
  const scale = logarithmic
    ? (value) =>
        value <= 0 ? 0 : (Math.log10(value) - Math.log10(low) + 0.3) / (Math.log10(high) - Math.log10(low) + 0.3)
    : (value) => value / high;
  return {
    at: (value) => LEFT + scale(value) * (WIDTH - LEFT - RIGHT),
    marks: logarithmic ? [...new Set(values)] : ticks(high),
  };
};

/** A series of a report as SVG: medians as lines, the spread of repetitions as bars. */
export const plot = ({ title, x, y, lines }) => {
  const points = lines.flatMap((line) => line.points);
  const most = Math.max(...points.map(({ value, max = value }) => max), Number.MIN_VALUE) * 1.05;
  const { at, marks } = horizontal(points.map((point) => point.x));
  const up = (value) => HEIGHT - BOTTOM - (value / most) * (HEIGHT - TOP - BOTTOM);
  const text = (left, top, content, more = '') =>
    `<text x="${left.toFixed(1)}" y="${top.toFixed(1)}" ${more}>${escape(content)}</text>`;
  const grid = ticks(most).flatMap((value) => [
    `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${up(value).toFixed(1)}" y2="${up(value).toFixed(1)}" class="grid"/>`,
    text(LEFT - 8, up(value) + 4, figure(value), 'text-anchor="end"'),
  ]);
  const below = marks.map((value) => text(at(value), HEIGHT - BOTTOM + 18, figure(value), 'text-anchor="middle"'));
  const drawn = lines.flatMap(({ points: own }, index) => drawLine(own, COLOURS[index % COLOURS.length], at, up));
  const legend = lines.map(({ name }, index) =>
    text(LEFT + index * 190, HEIGHT - 8, `● ${name}`, `style="fill:${COLOURS[index % COLOURS.length]}"`),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    '<style>text{fill:#57606a}.grid{stroke:#d0d7de;stroke-width:1}.title{fill:#24292f;font-weight:600}</style>',
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text(LEFT, 20, `${title} (${y})`, 'class="title"'),
    ...grid,
    ...below,
    text(WIDTH - RIGHT, HEIGHT - BOTTOM + 34, x, 'text-anchor="end"'),
    ...drawn,
    ...legend,
    '</svg>',
    '',
  ].join('\n');
};

const drawLine = (points, colour, at, up) => {
  const path = points.map((point) => `${at(point.x).toFixed(1)},${up(point.value).toFixed(1)}`).join(' ');
  const spreads = points
    .filter(({ min, max }) => min !== undefined && max > min)
    .map(
      ({ x, min, max }) =>
        `<line x1="${at(x).toFixed(1)}" x2="${at(x).toFixed(1)}" y1="${up(min).toFixed(1)}" y2="${up(max).toFixed(1)}" stroke="${colour}"/>`,
    );
  const dots = points.map(
    ({ x, value }) => `<circle cx="${at(x).toFixed(1)}" cy="${up(value).toFixed(1)}" r="3" fill="${colour}"/>`,
  );
  return [`<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`, ...spreads, ...dots];
};
