import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];
const levels: Record<number, [string, Style]> = {
  10: ['trace', 'gray'],
  20: ['debug', 'gray'],
  30: ['info ', 'cyan'],
  40: ['warn ', 'yellow'],
  50: ['error', 'red'],
  60: ['fatal', 'red'],
};
const apart = new Set(['level', 'time', 'msg', 'scope', 'err', 'pid', 'hostname', 'requestId']);

const brief = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** One JSON log line as a line for people, with the stack of an error below it. */
export const prettyLine = (line: string, colour: boolean): string => {
  const paint = (style: Style, text: string): string =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  const entry = JSON.parse(line) as Record<string, unknown>;
  const [name, style] = levels[entry['level'] as number] ?? ['?', 'white'];
  const rest = Object.entries(entry)
    .filter(([key, value]) => !apart.has(key) && value !== undefined)
    .map(([key, value]) => paint('gray', `${key}=`) + brief(value));
  const scope = entry['scope'] === undefined ? [] : [paint('bold', `${brief(entry['scope'])}:`)];
  const time = String(entry['time']).slice(11, 23);
  const head = [paint('gray', time), paint(style, name), ...scope, brief(entry['msg'] ?? ''), ...rest].join(' ');
  const error = entry['err'] as { stack?: string; message?: string } | undefined;
  return `${head}\n${error ? `${error.stack ?? error.message}\n`.replace(/^/gm, '    ').trimEnd() + '\n' : ''}`;
};
