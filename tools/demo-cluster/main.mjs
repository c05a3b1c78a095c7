import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { Output, processContext, walk } from '@cartulary/cli';
import { KafkaMissingError, revocationLatency } from '@cartulary/testing';
import { SetupError, main } from '../setup-error.mjs';
import { whereAbouts, latencyTable, title } from './print.mjs';
import { Servers } from './servers.mjs';

const usage = `npm run demo:cluster -- [--keep] [--count 200]

  --keep         leave everything running until Ctrl-C, and say where it is
  --count <n>    certificates to revoke for the figures (200; 0: none)
`;

const options = {
  keep: { type: 'boolean', default: false },
  count: { type: 'string', default: '200' },
  help: { type: 'boolean', short: 'h', default: false },
};

const settings = () => {
  try {
    const { values } = parseArgs({ options });
    const count = Number(values.count);
    if (Number.isInteger(count) && count >= 0) return { ...values, count };
  } catch {
    // An option that is none.
  }
  throw new SetupError('These arguments do not fit.', usage);
};

const untilAborted = (signal) =>
  new Promise((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', resolve, { once: true })));

const demonstrate = async (context, output, servers, { keep, count }) => {
  const { signal } = context;
  const { style } = output;
  const load = loadavg()[0].toFixed(1);
  title(output);
  const place = await servers.start((what, where, milliseconds) => {
    output.line(
      `  ${style.green('✓')} ${what.padEnd(14)}${where.padEnd(64)}${style.dim(`${(milliseconds / 1_000).toFixed(1)} s`.padStart(9))}`,
    );
  }, signal);
  await walk(context, output, place);
  if (count > 0) {
    const progress = (what, done) =>
      context.interactive && context.out(`\r  ${style.dim(`${done} of ${count} ${what}`)}  `);
    output.line();
    const latencies = await revocationLatency({
      ...place,
      cluster: servers.cluster,
      count,
      signal,
      onProgress: progress,
    });
    if (context.interactive) context.out('\r\u001b[2K');
    latencyTable(output, latencies, load);
  }
  if (!keep) return;
  whereAbouts(output, servers, place);
  await untilAborted(signal);
};

await main(async () => {
  const given = settings();
  if (given.help) return void process.stdout.write(usage);
  const orphaned = new AbortController();
  process.once('disconnect', () => orphaned.abort());
  const own = processContext();
  const context = { ...own, signal: AbortSignal.any([own.signal, orphaned.signal]) };
  const output = new Output(context, false);
  const servers = new Servers();
  try {
    await demonstrate(context, output, servers, given);
    return 0;
  } catch (error) {
    if (context.signal.aborted) return 130;
    if (error instanceof KafkaMissingError) throw new SetupError(error.message, 'Kafka runs on a JRE, 17 or later.');
    throw error;
  } finally {
    if (context.signal.aborted) output.line(`\n${output.style.dim('  Stopping everything …')}`);
    await servers.stop();
    process.channel?.unref();
  }
});
