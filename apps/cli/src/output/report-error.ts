import { ProblemError, UnexpectedAnswerError, UnreachableError, type UnreachableReason } from '@cartulary/client';
import { CliError } from '../exit-codes.js';
import { printable, type Style } from './style.js';

const unreachableHints: Record<UnreachableReason, string> = {
  refused: 'Is the service up? Start it with `cartulary up`, or say where it is with --url.',
  unresolved: 'Check the name in --url or CARTULARY_URL.',
  timeout: 'Check --url and whether a firewall lies between.',
  closed: 'The service may not accept this client certificate: check --cert and --key, or use --token.',
  untrusted: 'Give the root that the service’s certificate is below with --ca (it is root.crt in the data directory).',
  tls: 'Check --cert, --key and --url: this service speaks TLS 1.3 only.',
};

/** A remedy names routes; who sits at a command line knows commands. */
const commands: readonly (readonly [route: string, command: string])[] = [
  ['`GET /v1/whoami`', '`cartulary whoami`'],
  ['`GET /v1/certificates`', '`cartulary list`'],
  ['`GET /v1/dead-letters`', '`cartulary dead-letters list`'],
  ['`GET /v1/identities`', '`cartulary identity list`'],
  ['`GET /v1/issuers`', '`cartulary issuer list`'],
  ['`GET /v1/projections`', '`cartulary projection list`'],
  ['`GET /v1/rotations`', '`cartulary rotations list`'],
  ['`GET /v1/tokens`', '`cartulary token list`'],
  ['`POST /v1/identities`', '`cartulary identity register`'],
];
/** What a person can type next, where a command says it better than the API's words. */
const remedies: Readonly<Record<string, string>> = {
  INVALID_REQUEST: 'Correct it; the command’s --help has examples.',
  INVALID_VALUE: 'Correct it; the command’s --help has examples.',
  IDENTITY_SUSPENDED: 'Have it back with `cartulary identity reinstate` first.',
};
const inCommands = (remedy: string): string =>
  commands.reduce((text, [route, command]) => text.replace(route, command), remedy);

export const hintFor = (error: unknown): string | undefined => {
  if (error instanceof CliError) return error.hint;
  if (error instanceof ProblemError) return remedies[error.code] ?? (error.remedy && inCommands(error.remedy));
  if (error instanceof UnreachableError) return unreachableHints[error.reason];
  if (error instanceof UnexpectedAnswerError) return 'Something other than Cartulary answers there: check --url.';
  return undefined;
};

const codeOf = (error: unknown): string | undefined => {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
};

/** `/path/issuerId: …` is where the API found it; who typed it knows it as `issuerId`. */
const inWords = (text: string): string => text.replaceAll(/(^|; )\/(?:path\/|query\/)?(?=\w[\w/]*: )/g, '$1');

/** What is written to standard error. */
export const errorText = (error: unknown, style: Style): string => {
  const message = printable(inWords(error instanceof Error ? error.message : String(error)));
  const code = codeOf(error);
  const lines = [`${style.red('✗')} ${message}${code ? style.dim(`  ${code}`) : ''}`];
  if (error instanceof ProblemError) {
    for (const mismatch of error.errors) {
      const text = printable(inWords(`${mismatch.pointer || '/'}: ${mismatch.message}`));
      if (!message.includes(text)) lines.push(`  ${text}`);
    }
    if (error.status >= 500 && error.correlationId) lines.push(style.dim(`  correlation id ${error.correlationId}`));
  }
  const hint = hintFor(error);
  if (hint) lines.push(`  ${style.cyan('→')} ${hint}`);
  return `${lines.join('\n')}\n`;
};

/** For --json: one object on standard error. */
export const errorJson = (error: unknown): string => {
  const { status, title, errors, correlationId } =
    error instanceof ProblemError ? error : ({} as Partial<ProblemError>);
  const message = error instanceof Error ? error.message : String(error);
  const fields = { code: codeOf(error), status, title, detail: message, errors, correlationId, hint: hintFor(error) };
  return `${JSON.stringify({ error: fields })}\n`;
};
