import type { Command } from 'commander';
import { leaf } from '../command.js';
import type { CliContext } from '../context.js';
import { Output } from '../output/output.js';
import { type ConfigurationFlags, serviceEnvironment, withConfiguration } from '../up/configuration.js';
import { appMain, type FindMain, startService } from '../up/service.js';
import { endOf, stopWith } from '../up/until-stopped.js';

const services = {
  issuance: 'issue and renew certificates',
  rotation: 'make issuers, and let them issue once their first CRL is out',
  revocation: 'revoke certificates and publish CRLs',
  responder: 'answer relying parties: CRL, OCSP, bundle',
  inventory: 'answer queries and show the ledger',
  controller: 'give every service account of a Kubernetes cluster a key and a certificate',
} as const;
type Name = keyof typeof services;

interface Serving {
  readonly restUrl: string;
  readonly publicPort?: number;
}

const description = (name: Name): string => {
  const certificates =
    name === 'issuance'
      ? 'It makes its own certificates.'
      : `Its first certificates, \`services/${name}.*\` in the data directory, are made by \`cartulary init --services ${name}\`.`;
  if (name === 'controller') {
    return `Between a Kubernetes cluster and Cartulary, by the APIs of both: docs/kubernetes.md. ${certificates}\n\`root.crt\` has to be there too. Every key of docs/configuration.md can be given as an option or as CARTULARY_….`;
  }
  return `One service as a process of its own, beside any number of others on the same Postgres, where the trust domain\nhas been created. ${certificates} Every key of docs/configuration.md can\nbe given as an option or as CARTULARY_….`;
};

/** Each service that can run by itself. */
export const serviceCommands = (context: CliContext, findMain: FindMain = appMain): Command[] =>
  (Object.keys(services) as Name[]).map((name) => {
    const database = '--database-url postgres://services@db/cartulary';
    const command = leaf({
      name,
      summary: `start the service ${name} by itself: ${services[name]}`,
      description: description(name),
      examples: [
        name === 'issuance'
          ? [`cartulary ${name} ${database}`, 'REST on 8443']
          : [
              `cartulary ${name} ${name === 'controller' ? '' : `${database} `}--issuance-url https://issuance:8443`,
              'REST on 8443',
            ],
      ],
    });
    if (name !== 'issuance')
      command.option('--issuance-url <urls>', 'where it reaches issuance (CARTULARY_ISSUANCE_URL)');
    command.option('--service-name <name>', `names its identity and its files (${name}; CARTULARY_SERVICE_NAME)`);
    return withConfiguration(command).action(async () => {
      const flags = command.opts<ConfigurationFlags & { issuanceUrl?: string; serviceName?: string }>();
      const own = {
        ...(flags.issuanceUrl === undefined ? {} : { CARTULARY_ISSUANCE_URL: flags.issuanceUrl }),
        ...(flags.serviceName === undefined ? {} : { CARTULARY_SERVICE_NAME: flags.serviceName }),
      };
      const env = { ...serviceEnvironment(flags, context.env), ...own };
      const service = startService<Serving>({ main: findMain(name), args: command.args, env });
      stopWith(context.signal, service);
      const ready = await service.ready;
      if (!ready) throw await endOf(context, service, 'before it was ready');
      const output = new Output(context, false);
      const open = ready.publicPort === undefined ? '' : `, CRL and OCSP on port ${ready.publicPort}`;
      output.done(`${name} serves ${ready.restUrl}${open}`);
      throw await endOf(context, service, 'by itself');
    });
  });
