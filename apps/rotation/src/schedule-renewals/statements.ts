// Each statement is one transaction. Those of the projector begin with `turn`: nothing happens unless the tables stand
// at the position that the change was made on, so a batch that comes again, or from a process that was superseded,
// changes nothing.
const TURN = `turn AS (
  UPDATE projections.rotation_position SET position = $2, as_of = $3 WHERE position = $1 RETURNING 1)`;

export const POSITION = `SELECT position::float8, as_of AS "asOf", due_version::float8 AS "dueVersion"
  FROM projections.rotation_position`;

export const CERTIFICATES = `
  WITH ${TURN}, removed AS (
    SELECT row.serial, row.replaced FROM turn, jsonb_to_recordset($5::jsonb) AS row (serial text, replaced boolean)
  ), added AS (
    INSERT INTO projections.rotation_certificates (serial, identity, namespace, issuer_id, due_at, not_after, turn)
    SELECT row.* FROM turn, jsonb_to_recordset($4::jsonb) AS row (serial text, identity text, namespace text,
      issuer_id text, due_at timestamptz, not_after timestamptz, turn float8)
    ON CONFLICT (serial) DO NOTHING
  ), gone AS (
    DELETE FROM projections.rotation_certificates live USING removed WHERE live.serial = removed.serial
  ), members AS (
    DELETE FROM projections.rotation_members member USING removed WHERE member.serial = removed.serial
    RETURNING member.rotation_id, removed.replaced
  ), counts AS (
    SELECT rotation_id, count(*) FILTER (WHERE replaced) AS replaced, count(*) FILTER (WHERE NOT replaced) AS ended
    FROM members GROUP BY rotation_id
  ), counted AS (
    UPDATE projections.rotation_orders AS known SET replaced = known.replaced + counts.replaced,
      ended = known.ended + counts.ended
    FROM counts WHERE known.rotation_id = counts.rotation_id
    RETURNING known.matched = known.replaced + known.ended AS finished
  )
  SELECT (SELECT count(*) FROM turn)::int AS turns, coalesce((SELECT bool_or(finished) FROM counted), false) AS news`;

export const DUE_ORDERED = `
  WITH turn AS (
    UPDATE projections.rotation_position SET position = $2, as_of = $3, due_version = $4 WHERE position = $1
    RETURNING 1
  ), marked AS (
    UPDATE projections.rotation_certificates SET ordered = true FROM turn WHERE serial = ANY ($5::text[])
  )
  SELECT count(*)::int AS turns FROM turn`;

export const PUT_ORDER = `
  INSERT INTO projections.rotation_orders (rotation_id, position, version, event_id, selector, namespace, system,
    requester, window_start, window_end, ordered_at)
  SELECT * FROM jsonb_to_record($1::jsonb) AS row (rotation_id text, position bigint, version bigint, event_id text,
    selector jsonb, namespace text, system boolean, requester text, window_start timestamptz,
    window_end timestamptz, ordered_at timestamptz)
  ON CONFLICT (rotation_id) DO NOTHING`;

/** `condition` selects by $2; members come in the order of their serials, `last` is null behind the last. */
export const addMembers = (condition: string): string => `
  WITH batch AS (
    SELECT * FROM projections.rotation_certificates live
    WHERE ${condition} AND live.serial > $3 ORDER BY live.serial LIMIT $4
  ), added AS (
    INSERT INTO projections.rotation_members (rotation_id, serial, due_at, not_after)
    SELECT rotation_id, serial, least(due_at, window_start + (window_end - window_start) * turn), not_after
    FROM projections.rotation_orders known, batch
    WHERE rotation_id = $1 AND NOT counted AND not_after >= ordered_at
    ON CONFLICT DO NOTHING
  )
  SELECT max(serial) AS last FROM batch`;

export const COUNTED = `
  WITH ${TURN}
  UPDATE projections.rotation_orders SET counted = true,
    matched = (SELECT count(*) FROM projections.rotation_members WHERE rotation_id = $4)
  FROM turn WHERE rotation_id = $4 RETURNING 1 AS turns`;

export const PROGRESSED = `
  WITH ${TURN}, told AS (
    UPDATE projections.rotation_orders SET version = $5, told = $6::jsonb, due = ($6::jsonb ->> 'due')::bigint
    FROM turn WHERE rotation_id = $4
  ), announced AS (
    UPDATE projections.rotation_members SET announced = true FROM turn
    WHERE rotation_id = $4 AND serial = ANY ($7::text[])
  )
  SELECT count(*)::int AS turns FROM turn`;

export const COMPLETED = `
  WITH ${TURN}, told AS (
    UPDATE projections.rotation_orders SET version = $5, completed_at = $6 FROM turn WHERE rotation_id = $4
  )
  SELECT count(*)::int AS turns FROM turn`;

/** Certificates whose own windows have opened, longest waiting first. */
export const DUE = `
  SELECT serial FROM projections.rotation_certificates
  WHERE NOT ordered AND due_at <= $1 AND not_after >= $1 ORDER BY due_at, serial LIMIT $2`;

/** Of `known`: bigints as numbers. */
export const ORDER_COLUMNS = ['position', 'version', 'matched', 'due', 'replaced', 'ended']
  .map((name) => `known.${name}::float8`)
  .reduce((list, column) => `${list}, ${column}`, 'known.*');

export const OPEN_ORDERS = `
  SELECT ${ORDER_COLUMNS} FROM projections.rotation_orders known
  WHERE counted AND completed_at IS NULL ORDER BY known.position LIMIT 1000`;

export const DUE_MEMBERS = `
  SELECT serial FROM projections.rotation_members
  WHERE rotation_id = $1 AND NOT announced AND due_at <= $2 ORDER BY due_at, serial LIMIT $3`;

export const END_EXPIRED = `
  WITH expired AS (
    DELETE FROM projections.rotation_members WHERE rotation_id = $1 AND serial IN (
      SELECT serial FROM projections.rotation_members WHERE rotation_id = $1 AND not_after < $2
      ORDER BY not_after LIMIT 10000)
    RETURNING 1
  ), counts AS (SELECT count(*) AS ended FROM expired)
  UPDATE projections.rotation_orders AS known SET ended = known.ended + counts.ended FROM counts
  WHERE rotation_id = $1 AND counts.ended > 0 RETURNING 1`;

// No further than the newest event: an order that is yet to come by may have meant what has expired since.
export const FORGET_EXPIRED = `
  DELETE FROM projections.rotation_certificates WHERE serial IN (
    SELECT serial FROM projections.rotation_certificates
    WHERE not_after < (SELECT least($1::timestamptz, as_of) - interval '1 hour' FROM projections.rotation_position)
    ORDER BY not_after LIMIT 10000)`;
