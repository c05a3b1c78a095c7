import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { figure, markdownTable, withSpread } from './format.mjs';
import { machine, versions } from './machine.mjs';

export const resultsDirectory = join(import.meta.dirname, '..', 'results');

/** What one group has measured; becomes `results/<group>.json` and `.md`. */
export class Report {
  #begun = performance.now();

  constructor(group, { size, say }) {
    this.say = say;
    this.content = {
      ...{ group, size, at: new Date().toISOString(), machine: machine(), versions: versions() },
      ...{ goals: {}, tables: [], series: [], notes: [] },
    };
  }

  /** `measured`: a number, or what `spread` gives. `how`: what was measured, in a few words. */
  goal(id, measured, how) {
    const content = typeof measured === 'number' ? { value: measured } : measured;
    this.content.goals[id] = { ...content, ...(how ? { how } : {}) };
    this.say(`${id}: ${withSpread(content)}${how ? ` – ${how}` : ''}`);
  }

  missing(id, reason) {
    this.content.goals[id] = { missing: reason };
    this.say(`${id}: not measured: ${reason}`);
  }

  /** Cells: text, numbers, or what `spread` gives. */
  table(title, columns, rows) {
    const cells = rows.map((row) => row.map(cell));
    this.content.tables.push({ title, columns, rows: cells });
    this.say(`${title}\n${markdownTable(columns, cells)}`);
  }

  /** A growth series: `lines` of `{ name, points: [{ x, value, min, max }] }`; it is drawn as `<name>.svg`. */
  series(name, { title, x, y, lines }) {
    this.content.series.push({ name, title, x, y, lines });
    const rows = lines.flatMap(({ name: line, points }) => points.map((point) => [line, point.x, point]));
    this.table(title, ['', x, y], rows);
  }

  note(text) {
    this.content.notes.push(text);
    this.say(text);
  }

  async write({ directory = resultsDirectory } = {}) {
    this.content.seconds = Math.round((performance.now() - this.#begun) / 1_000);
    await mkdir(directory, { recursive: true });
    const file = join(directory, this.content.group);
    await writeFile(`${file}.json`, `${JSON.stringify(this.content, undefined, 2)}\n`);
    await writeFile(`${file}.md`, markdownOf(this.content));
    return this.content;
  }
}

const cell = (value) =>
  typeof value === 'number'
    ? figure(value)
    : typeof value === 'object' && value !== null
      ? withSpread(value)
      : String(value);

export const machineLine = ({ machine: { cpu, cores, memoryGiB, kernel, load }, versions: all, at, size, seconds }) =>
  `${at.slice(0, 16).replace('T', ' ')} UTC, ${cores} × ${cpu}, ${memoryGiB} GiB, Linux ${kernel}, load ${load} before; ` +
  `Cartulary ${all.cartulary}, Node ${all.node}, Postgres ${all.postgres}, ${all.openssl}, ${all.go}; size ${size}, ${seconds} s.`;

const markdownOf = (content) =>
  [
    `# ${content.group}`,
    machineLine(content),
    ...content.tables.flatMap(({ title, columns, rows }) => [`## ${title}`, markdownTable(columns, rows)]),
    ...content.notes.map((note) => `- ${note}`),
    '',
  ].join('\n\n');
