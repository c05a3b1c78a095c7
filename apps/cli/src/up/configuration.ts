import { type Command, Option } from 'commander';
import { clientVariables } from '../connection/options.js';
import type { CliContext } from '../context.js';

const flags = {
  data: ['--data <dir>', 'keys, embedded database, first operator', './.cartulary'],
  trustDomain: ['--trust-domain <name>', 'SPIFFE trust domain', 'cluster.local'],
  httpsPort: ['--https-port <port>', 'REST API', '8443'],
  httpsHost: ['--https-host <address>', 'address of the REST API', '127.0.0.1'],
  publicPort: ['--public-port <port>', 'CRL and OCSP', '8080'],
  publicHost: ['--public-host <address>', 'address of CRL and OCSP', '127.0.0.1'],
  publicUrl: ['--public-url <url>', 'what certificates name as the place of CRL and OCSP', undefined],
  databaseUrl: ['--database-url <url>', 'your Postgres instead of the embedded one', undefined],
  databaseOwnerUrl: ['--database-owner-url <url>', 'the same as the role that owns the tables', undefined],
  logLevel: ['--log-level <level>', 'trace, debug, info, warn, error', undefined],
  logFormat: ['--log-format <format>', 'pretty or json', undefined],
} as const;
type Flag = keyof typeof flags;
export type ConfigurationFlags = Partial<Record<Flag, string>>;

const variable = (flag: Flag): string => `CARTULARY_${flag.replace(/[A-Z]/g, '_$&').toUpperCase()}`;

/** The usual keys as options; any other key of docs/configuration.md goes through to the service as it is. */
export const withConfiguration = (command: Command): Command => {
  for (const [name, [syntax, description, byDefault]] of Object.entries(flags)) {
    const aside = [byDefault, variable(name as Flag)].filter((part) => part !== undefined).join('; ');
    const text = `${description} (${aside})`;
    command.addOption(new Option(syntax, text).helpGroup('Configuration:'));
  }
  return command.allowUnknownOption().allowExcessArguments();
};

/** By environment and not by argument: everybody on the machine can read arguments, and a URL may hold a password. */
export const serviceEnvironment = (
  given: ConfigurationFlags,
  env: CliContext['env'],
  defaults: Readonly<Record<string, string>> = {},
): NodeJS.ProcessEnv => {
  const inherited = Object.entries(env).filter(([name]) => !clientVariables.includes(name));
  const set = Object.keys(flags).flatMap((name): [string, string][] => {
    const value = given[name as Flag];
    return value === undefined ? [] : [[variable(name as Flag), value]];
  });
  return { ...defaults, ...Object.fromEntries(inherited), ...Object.fromEntries(set) };
};
