// `npm run bench:document`: the measured part of docs/performance.md and the summary, from bench/results as they are.
import { writeDocument } from './lib/document.mjs';
import { printed, writeSummary } from './lib/summary.mjs';

const { results, rows } = await writeSummary();
await writeDocument({ results });
process.stdout.write(`${printed(rows)}\n`);
