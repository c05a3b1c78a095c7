/** The kinds of rows that have a past, with their columns as Postgres types them. */
export const kinds = {
  certificates: {
    key: 'serial',
    columns: {
      serial: 'text',
      issued: 'bigint',
      position: 'bigint',
      identity: 'text',
      namespace: 'text',
      node: 'text',
      system: 'boolean',
      profile: 'text',
      status: 'text',
      issuer_id: 'text',
      key_hash: 'text',
      not_after: 'timestamptz',
      state: 'jsonb',
    },
  },
  identities: {
    key: 'id',
    columns: {
      id: 'text',
      position: 'bigint',
      namespace: 'text',
      system: 'boolean',
      status: 'text',
      state: 'jsonb',
    },
  },
  tokens: {
    key: 'token_id',
    columns: { token_id: 'text', created: 'bigint', position: 'bigint', namespaces: 'text[]', state: 'jsonb' },
  },
} as const;

export type Kind = keyof typeof kinds;

export const kindNames = Object.keys(kinds) as Kind[];

/** Names of columns in a fixed order. */
export const columnsOf = (kind: Kind): readonly string[] => Object.keys(kinds[kind].columns);

/** A generation's tables lie in a schema of their own; the number is one that the database has given. */
export const schemaOf = (generation: number): string => {
  if (!Number.isSafeInteger(generation) || generation < 1) throw new TypeError(`no generation: ${generation}`);
  return `projections_inventory_${generation}`;
};
