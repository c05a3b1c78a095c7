import type { Command } from 'commander';
import { leaf } from '../command.js';
import type { CliContext } from '../context.js';
import { Verdict } from '../exit-codes.js';
import { Output } from '../output/output.js';
import { errorText } from '../output/report-error.js';
import { walk } from '../walk/walk.js';
import { banner, suggestions } from './banner.js';
import { type ConfigurationFlags, serviceEnvironment, withConfiguration } from './configuration.js';
import { explainEnd, type Ready, type Service, standaloneMain, startService } from './service.js';

/** How the service is started; tests give a program of their own. */
export type FindMain = () => string;

interface UpFlags extends ConfigurationFlags {
  readonly walk?: boolean;
}

export const upCommand = (context: CliContext, findMain: FindMain = standaloneMain): Command => {
  const command = leaf({
    name: 'up',
    summary: 'start the whole service on this machine',
    description:
      'Everything in one process, on an embedded Postgres. The first start creates the trust domain. Every key of\ndocs/configuration.md can be given as an option or as CARTULARY_….',
    examples: [
      ['cartulary up', 'REST on 8443, CRL and OCSP on 8080, data in ./.cartulary'],
      ['cartulary up --walk', 'and one certificate’s whole life to look at'],
      ['cartulary up --https-port 9443 --trust-domain prod.example.org', 'elsewhere'],
      ['cartulary up --database-url postgres://cartulary@db/cartulary', 'on your own Postgres'],
    ],
  });
  command.option('--walk', 'show one certificate’s whole life against the running service');
  return withConfiguration(command).action(async () => {
    const flags = command.opts<UpFlags>();
    // The walk is there to be read: log lines between its steps would hide it.
    const quiet: Record<string, string> = flags.walk ? { CARTULARY_LOG_LEVEL: 'warn' } : {};
    const env = serviceEnvironment(flags, context.env, quiet);
    const started = performance.now();
    const service = startService({ main: findMain(), args: command.args, env });
    stopWith(context.signal, service);
    const ready = await service.ready;
    if (!ready) throw await endOf(context, service, 'before it was ready');

    const output = new Output(context, false);
    banner(output, ready, performance.now() - started);
    const walked = flags.walk ? await showWalk(context, output, ready) : true;
    suggestions(output, ready);
    const end = await endOf(context, service, 'by itself');
    if (end instanceof Verdict && walked) output.note('Stopped.');
    throw end instanceof Verdict && !walked ? new Verdict('refused') : end;
  });
};

/** A step that goes wrong is reported, and the service stays up for whoever wants to look. */
const showWalk = async (context: CliContext, output: Output, ready: Ready): Promise<boolean> => {
  try {
    await walk(context, output, ready);
    return true;
  } catch (error) {
    if (!context.signal.aborted) context.err(errorText(error, output.style));
    return context.signal.aborted;
  }
};

const stopWith = (signal: AbortSignal, service: Service): void => {
  if (signal.aborted) service.stop();
  else signal.addEventListener('abort', () => service.stop(), { once: true });
};

/** Waits for the end: asked for, it is a Verdict; otherwise an error that says what happened. */
const endOf = async (context: CliContext, service: Service, when: string): Promise<Error> => {
  const ended = await service.ended;
  if (context.signal.aborted) return new Verdict(ended.code === 0 ? 'ok' : 'refused');
  return explainEnd(ended, when);
};

export const initCommand = (context: CliContext, findMain: FindMain = standaloneMain): Command => {
  const command = leaf({
    name: 'init',
    summary: 'create the trust domain and its first operator, and exit',
    description:
      'Like the first `cartulary up`, without serving. Nothing is changed where a trust domain exists already.',
    examples: [
      ['cartulary init --trust-domain prod.example.org', 'in ./.cartulary'],
      ['cartulary init --data /var/lib/cartulary --database-url postgres://cartulary@db/cartulary', 'elsewhere'],
    ],
  });
  return withConfiguration(command).action(async () => {
    const flags = command.opts<ConfigurationFlags>();
    const env = serviceEnvironment(flags, context.env, { CARTULARY_LOG_LEVEL: 'warn' });
    const service = startService({ main: findMain(), args: ['--init-only', ...command.args], env });
    stopWith(context.signal, service);
    const [ready, ended] = await Promise.all([service.ready, service.ended]);
    if (ended.code !== 0) throw explainEnd(ended, 'before it was done');
    const output = new Output(context, false);
    const { firstStart = true, trustDomain, dataDirectory = flags.data ?? './.cartulary' } = ready ?? {};
    const domain = trustDomain ? ` ${trustDomain}` : '';
    output.done(firstStart ? `Created the trust domain${domain}` : `The trust domain${domain} exists already`);
    output.details([['  credentials', `${dataDirectory}: root.crt, operator.crt, operator.key`]]);
    output.note('\ncartulary up   starts it');
  });
};
