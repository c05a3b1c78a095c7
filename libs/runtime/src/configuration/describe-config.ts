import { type ConfigDefinition, type KeyListing, listKeys, type Sections } from './define-config.js';

const cell = (text: string): string => text.replaceAll('|', '\\|');

const defaultOf = ({ key }: KeyListing): string => {
  if (key.default !== undefined) return `\`${key.default}\``;
  return key.derived ?? key.absent ?? '';
};

const row = (listing: KeyListing): string => {
  const cells = [
    `\`${listing.variable}\``,
    `\`${listing.name}\``,
    listing.key.kind.name,
    defaultOf(listing),
    listing.key.description,
  ];
  return `| ${cells.map(cell).join(' | ')} |`;
};

/** Every key as Markdown, one table a section. */
export const describeConfig = <S extends Sections>(definition: ConfigDefinition<S>): string => {
  const keys = listKeys(definition);
  return Object.keys(definition.sections)
    .map((section) =>
      [
        `## ${section}`,
        '',
        '| variable | in the file | type | default | what it is |',
        '| --- | --- | --- | --- | --- |',
        ...keys.filter((listing) => listing.section === section).map(row),
        '',
      ].join('\n'),
    )
    .join('\n');
};
