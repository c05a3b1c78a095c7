import type { Command } from 'commander';
import { leaf } from '../command.js';
import type { CliContext } from '../context.js';
import { Verdict } from '../exit-codes.js';
import { Output } from '../output/output.js';
import { errorText } from '../output/report-error.js';
import { walk } from '../walk/walk.js';
import { banner, suggestions } from './banner.js';
import { type ConfigurationFlags, serviceEnvironment, withConfiguration } from './configuration.js';
import { appMain, explainEnd, type FindMain, type Ready, startService } from './service.js';
import { endOf, stopWith } from './until-stopped.js';

interface UpFlags extends ConfigurationFlags {
  readonly walk?: boolean;
}

export const upCommand = (context: CliContext, findMain: FindMain = appMain): Command => {
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
    const service = startService({ main: findMain('standalone'), args: command.args, env });
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
    const { restUrl } = ready;
    await walk(context, output, { ...ready, urls: { issuance: restUrl, revocation: restUrl, inventory: restUrl } });
    return true;
  } catch (error) {
    if (!context.signal.aborted) context.err(errorText(error, output.style));
    return context.signal.aborted;
  }
};

interface InitFlags {
  readonly services?: string;
  readonly beyond?: string;
}

export const initCommand = (context: CliContext, findMain: FindMain = appMain): Command => {
  const command = leaf({
    name: 'init',
    summary: 'create the trust domain and its first operator, and exit',
    description:
      'Like the first `cartulary up`, without serving. Nothing is changed where a trust domain exists already.',
    examples: [
      ['cartulary init --trust-domain prod.example.org', 'in ./.cartulary'],
      ['cartulary init --data /var/lib/cartulary --database-url postgres://cartulary@db/cartulary', 'elsewhere'],
      ['cartulary init --services revocation,responder-a', 'and the certificates of services that will run apart'],
      ['cartulary init --beyond 123456', 'after the database was restored to an older moment'],
    ],
  });
  command
    .option('--services <names>', 'also their keys and certificates, in services/ of the data directory')
    .option('--beyond <position>', 'after a restore: give no position up to this one, and so no CRL number, anew');
  return withConfiguration(command).action(async () => {
    const { services, beyond, ...flags } = command.opts<ConfigurationFlags & InitFlags>();
    const env = serviceEnvironment(flags, context.env, { CARTULARY_LOG_LEVEL: 'warn' });
    const own = Object.entries({ services, beyond }).flatMap(([name, value]) => (value ? [`--${name}`, value] : []));
    const args = ['--init-only', ...own, ...command.args];
    const service = startService({ main: findMain('standalone'), args, env });
    stopWith(context.signal, service);
    const [ready, ended] = await Promise.all([service.ready, service.ended]);
    if (ended.code !== 0) throw explainEnd(ended, 'before it was done');
    const output = new Output(context, false);
    const { firstStart = true, trustDomain, dataDirectory = flags.data ?? './.cartulary' } = ready ?? {};
    const domain = trustDomain ? ` ${trustDomain}` : '';
    output.done(firstStart ? `Created the trust domain${domain}` : `The trust domain${domain} exists already`);
    output.details([['  credentials', `${dataDirectory}: root.crt, operator.crt, operator.key`]]);
    if (services !== undefined) output.details([['  services', `${dataDirectory}/services: ${services}`]]);
    if (beyond !== undefined) output.details([['  positions', `${ready?.passed ?? 0} passed, up to ${beyond}`]]);
    output.note('\ncartulary up   starts it');
  });
};
