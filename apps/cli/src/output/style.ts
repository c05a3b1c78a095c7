export type Paint = (text: string) => string;
export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly cyan: Paint;
}

const codes: Record<keyof Style, readonly [on: number, off: number]> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

export const styleFor = (colour: boolean): Style => {
  const paints = Object.entries(codes).map(([name, [on, off]]): [string, Paint] => [
    name,
    (text) => (colour && text !== '' ? `\u001b[${on}m${text}\u001b[${off}m` : text),
  ]);
  return Object.fromEntries(paints) as unknown as Style;
};

/** Text from elsewhere, with nothing in it that a terminal would obey. */
export const printable = (text: string): string => text.replace(/\p{Cc}|\p{Cf}/gu, '\uFFFD');

/** Columns that the text takes, escape sequences aside. */
export const visibleLength = (text: string): number => [...text.replace(/\u001b\[[0-9;]*m/g, '')].length;

/** A certificate's, identity's or token's status in its colour. */
export const paintStatus = (status: string, style: Style): string => {
  if (status === 'active' || status === 'good' || status === 'ok') return style.green(status);
  if (status === 'revoked' || status === 'suspended' || status === 'compromised') return style.red(status);
  if (status === 'held' || status === 'unknown') return style.yellow(status);
  return style.dim(status);
};
