export interface Page<Row> {
  readonly rows: readonly Row[];
  /** The last row of this page, when another page follows. */
  readonly last: Row | undefined;
}

/** Rows were asked for one beyond the limit, which tells whether there is another page. */
export const pageOf = <Row>(rows: readonly Row[], limit: number): Page<Row> => {
  const shown = rows.slice(0, limit);
  return { rows: shown, last: rows.length > limit ? shown.at(-1) : undefined };
};

export const DEFAULT_LIMIT = 100;
