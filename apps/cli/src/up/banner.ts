import { relative as relativePath } from 'node:path';
import type { Output } from '../output/output.js';
import type { Ready } from './service.js';

/** Where everything is. */
export const banner = (output: Output, ready: Ready, milliseconds: number): void => {
  const { style } = output;
  const seconds = style.dim(`in ${(milliseconds / 1_000).toFixed(1)} s`);
  const domain = style.bold(ready.trustDomain);
  output.line();
  output.line(
    `  ${style.green('●')} ${style.bold('Cartulary')} is up ${seconds}${style.dim(', trust domain')} ${domain}`,
  );
  if (ready.firstStart)
    output.line(style.dim('    First start: root, intermediate and issuers were created just now.'));
  output.line();
  output.details([
    ['    REST', ready.restUrl, style.cyan],
    ['    CRL, OCSP', ready.publicUrl, style.cyan],
    ['    credentials', `${shortPath(ready.dataDirectory)}: root.crt, operator.crt, operator.key`],
    ['    ledger', ready.databaseUrl],
  ]);
};

const shortPath = (path: string): string => {
  const short = relativePath(process.cwd(), path);
  return short !== '' && !short.startsWith('..') ? `./${short}` : path;
};

const port = (url: string): string => new URL(url).port;

/** Variables that lead the other commands to this service; empty where the defaults do. */
const exports = ({ restUrl, publicUrl, dataDirectory }: Ready): string[] => [
  ...(shortPath(dataDirectory) === './.cartulary' ? [] : [`CARTULARY_DATA=${shortPath(dataDirectory)}`]),
  ...(port(restUrl) === '8443' ? [] : [`CARTULARY_HTTPS_PORT=${port(restUrl)}`]),
  ...(port(publicUrl) === '8080' ? [] : [`CARTULARY_PUBLIC_PORT=${port(publicUrl)}`]),
];

/** What to try next. */
export const suggestions = (output: Output, ready: Ready): void => {
  const { style } = output;
  const variables = exports(ready);
  output.line();
  output.line(`  ${style.bold('Try next')} ${style.dim('(in another terminal)')}`);
  if (variables.length > 0) output.line(`    export ${variables.join(' ')}`);
  const commands = [
    [`issue spiffe://${ready.trustDomain}/ns/shop/sa/cart --out certs`, 'a certificate of your own'],
    ['ocsp check certs/cart.crt', 'is it good?'],
    ['revoke certs/cart.crt --reason keyCompromise', 'and now?'],
    ['ledger tail --follow', 'everything that happens'],
  ] as const;
  const width = Math.max(...commands.map(([command]) => command.length));
  for (const [command, what] of commands) {
    output.line(`    ${style.cyan(`npx cartulary ${command.padEnd(width)}`)}  ${style.dim(what)}`);
  }
  output.line();
  output.line(style.dim('  Ctrl-C stops it.'));
};
