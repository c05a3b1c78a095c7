import { type Command, Option } from 'commander';

export interface ConnectionFlags {
  readonly data?: string;
  readonly url?: string;
  readonly publicUrl?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly token?: string;
  readonly json?: boolean;
}

const group = 'Connection:';
const option = (flags: string, description: string, variable?: string): Option => {
  const made = new Option(flags, variable ? `${description} (${variable})` : description);
  return made.helpGroup(group);
};

/** The options of every command that talks to the service. */
export const withConnection = (command: Command): Command =>
  command
    .addOption(option('--data <dir>', 'data directory with root.crt, operator.crt and operator.key', 'CARTULARY_DATA'))
    .addOption(option('--url <url>', 'REST API', 'CARTULARY_URL'))
    .addOption(option('--public-url <url>', 'CRL and OCSP side', 'CARTULARY_PUBLIC_URL'))
    .addOption(option('--ca <file>', 'root to trust, PEM', 'CARTULARY_CA'))
    .addOption(option('--cert <file>', 'your client certificate, PEM', 'CARTULARY_CERT'))
    .addOption(option('--key <file>', 'its key, PEM', 'CARTULARY_KEY'))
    .addOption(option('--token <token>', 'API token instead of a client certificate', 'CARTULARY_TOKEN'))
    .addOption(new Option('--json', 'the API’s JSON instead of text').helpGroup('Output:'));

/** What a person may set for the client alone; the service knows no such variables. */
export const clientVariables = ['CARTULARY_URL', 'CARTULARY_CA', 'CARTULARY_CERT', 'CARTULARY_KEY', 'CARTULARY_TOKEN'];
