import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { markdownTable } from './format.mjs';
import { plot } from './plot.mjs';
import { machineLine } from './report.mjs';
import { judged, markdownRows } from './summary.mjs';

const docs = join(import.meta.dirname, '..', '..', 'docs');
const file = join(docs, 'performance.md');
const [BEGIN, END] = ['<!-- measured: begin -->', '<!-- measured: end -->'];

/** What stands between the markers, made from results alone; names of plots beside. */
export const measuredPart = (results) => {
  const plots = results.flatMap(({ series }) => series);
  const groups = results.flatMap((result) => [
    `### ${result.group}`,
    machineLine(result),
    ...result.tables
      .filter(({ title }) => !result.series.some((series) => series.title === title))
      .flatMap(({ title, columns, rows }) => [`**${title}**`, markdownTable(columns, rows)]),
    ...result.series.map(({ name, title }) => `![${title}](performance/${name}.svg)`),
    ...(result.notes.length > 0 ? [result.notes.map((note) => `- ${note}`).join('\n')] : []),
    ...howOf(result),
  ]);
  const table = results.length > 0 ? markdownRows(judged(results)) : '_Nothing yet: `npm run bench` fills this in._';
  return { plots, text: [table, ...groups].join('\n\n') };
};

const howOf = ({ goals }) => {
  const lines = Object.entries(goals).flatMap(([id, { how }]) => (how ? [`- \`${id}\`: ${how}`] : []));
  return lines.length > 0 ? [lines.join('\n')] : [];
};

/** The text of the page with the measured part as the results have it. */
export const withMeasured = (page, text) => {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${file} has no markers ${BEGIN} and ${END}`);
  return `${page.slice(0, begin + BEGIN.length)}\n\n${text}\n\n${page.slice(end)}`;
};

/** Writes the measured part of docs/performance.md and its plots. */
export const writeDocument = async ({ results }) => {
  const { plots, text } = measuredPart(results);
  await mkdir(join(docs, 'performance'), { recursive: true });
  for (const series of plots) await writeFile(join(docs, 'performance', `${series.name}.svg`), plot(series));
  await writeFile(file, withMeasured(await readFile(file, 'utf8'), text));
};
