-- Appends as binary arrays, each thing once: what the former function did, in fewer steps under the lock. The former one
-- stays for processes of the release before.

-- Most streams have one event, which their head's first_position finds: only later ones need an index of their own. A
-- ledger that has events keeps the index over all of them, since the release before reads by it; both serve the same reads.
DO $$
BEGIN
  IF (SELECT position FROM cartulary.ledger_head) = 0 THEN
    DROP INDEX cartulary.events_stream_version;
    CREATE INDEX events_stream_version ON cartulary.events (stream, version) WHERE version > 1;
  END IF;
END $$;

-- Nearly all events are issuances. Who follows others from the first one on (issuers, rotations, revocations: at each start)
-- finds them here, and an issuance pays nothing for it.
CREATE INDEX events_type ON cartulary.events (type, position) WHERE type <> 'CertificateIssued';

-- How partitions are kept. An issued certificate's envelope has about 2 KB, where Postgres begins to move values out to
-- another table and its index, one more row or two to write and to look up: up to a whole page it stays where it is.
-- Rows never change, so vacuum passes once, freezes, and never comes again; soon after they were written, since a page that
-- it marks after the next checkpoint goes to the WAL whole.
DO $$
DECLARE
  place regclass;
BEGIN
  FOR place IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'cartulary.events'::regclass LOOP
    EXECUTE format('ALTER TABLE %s SET (toast_tuple_target = 8160, autovacuum_freeze_min_age = 0,
      autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 50000)', place);
  END LOOP;
END $$;

CREATE OR REPLACE FUNCTION cartulary.ensure_partitions(through bigint) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  head cartulary.ledger_head;
  first bigint;
  name text;
  added integer := 0;
BEGIN
  -- The same lock as append_batch: whoever adds partitions does it alone.
  PERFORM pg_advisory_xact_lock(x'6361727475'::bigint);
  SELECT * INTO STRICT head FROM cartulary.ledger_head;
  -- Nobody needs partitions far ahead; a service must not be able to fill the catalogue.
  through := least(through, head.position + head.partition_size);
  WHILE head.partitioned_to < through + head.partition_size LOOP
    first := head.partitioned_to + 1;
    head.partitioned_to := head.partitioned_to + head.partition_size;
    name := 'events_p' || lpad(first::text, 16, '0');
    EXECUTE format('CREATE TABLE cartulary.%I (LIKE cartulary.events INCLUDING ALL EXCLUDING INDEXES)
      WITH (toast_tuple_target = 8160, autovacuum_freeze_min_age = 0,
      autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 50000)', name);
    EXECUTE format('ALTER TABLE cartulary.%I ADD CONSTRAINT positions CHECK (position >= %s AND position <= %s)',
      name, first, head.partitioned_to);
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON cartulary.%I
      FOR EACH STATEMENT EXECUTE FUNCTION cartulary.refuse_change()', name);
    EXECUTE format('ALTER TABLE cartulary.events ATTACH PARTITION cartulary.%I FOR VALUES FROM (%s) TO (%s)',
      name, first, head.partitioned_to + 1);
    added := added + 1;
  END LOOP;
  UPDATE cartulary.ledger_head SET partitioned_to = head.partitioned_to WHERE added > 0;
  RETURN added;
END $$;

-- One batch of commands under the lock. Commands are numbered from 1, events too, in the order of commands. The caller
-- sees to it that no two commands of a batch write a stream that the other one writes or expects, or use the same
-- idempotency key. `written_…`: each stream that is written once, its version before and after, its first and last event.
-- `read_…`: each stream and version once that commands only expect; `reader_command` expects `read_…[reader_of]`.
-- `…_place` counts the expectations of a command: of several that fail, the first is told.
-- `key_…`: a row for each command that has a key, with its first event and their number.
-- Gives a row for each command that is refused, and then one, of command 0, for what was appended, if anything was: the
-- position of its first event and how many there are. The commands that are not refused follow one another without a gap.
CREATE FUNCTION cartulary.append_batch(
  written_command integer[], written_place integer[], written_stream text[], written_before bigint[],
  written_after bigint[], written_first integer[], written_last integer[],
  read_stream text[], read_version bigint[], reader_command integer[], reader_place integer[], reader_of integer[],
  event_command integer[], event_stream text[], event_version bigint[], event_type text[], event_id uuid[],
  event_envelope bytea[],
  key_command integer[], key_scope text[], key_name text[], key_fingerprint text[], key_first integer[],
  key_events integer[],
  erasable_command integer[], erasable_event_id uuid[], erasable_field text[], erasable_salt bytea[],
  erasable_value text[])
RETURNS TABLE (command integer, outcome text, first_position bigint, event_count integer, committed_at timestamptz,
  stream text, actual_version bigint)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
-- One plan for every batch, whatever the tables' statistics were when it was made: index lookups.
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  head cartulary.ledger_head;
  refused integer[];
  appended integer := cardinality(event_command);
  now_committed timestamptz;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'append_batch needs READ COMMITTED: each statement must see what was committed before the lock';
  END IF;
  -- A statement of its own: the snapshots of those that follow are taken under the lock.
  PERFORM pg_advisory_xact_lock(x'6361727475'::bigint);
  SELECT * INTO STRICT head FROM cartulary.ledger_head;
  now_committed := greatest(date_trunc('milliseconds', clock_timestamp()), head.committed_at);

  IF cardinality(key_command) > 0 THEN
    RETURN QUERY
      SELECT asked.command, CASE WHEN used.fingerprint = asked.fingerprint THEN 'repeated' ELSE 'mismatch' END,
        used.first_position, used.event_count, used.committed_at, NULL::text, NULL::bigint
      FROM unnest(key_command, key_scope, key_name, key_fingerprint) AS asked (command, scope, key, fingerprint)
      JOIN cartulary.idempotency used ON used.scope = asked.scope AND used.key = asked.key;
    IF FOUND THEN
      SELECT array_agg(asked.command) INTO refused
      FROM unnest(key_command, key_scope, key_name) AS asked (command, scope, key)
      JOIN cartulary.idempotency used ON used.scope = asked.scope AND used.key = asked.key;
    END IF;
  END IF;

  PERFORM FROM unnest(written_stream, written_before) AS expected (stream, version)
  LEFT JOIN cartulary.stream_heads actual ON actual.stream = expected.stream
  WHERE coalesce(actual.version, 0) <> expected.version LIMIT 1;
  IF NOT FOUND AND cardinality(read_stream) > 0 THEN
    PERFORM FROM unnest(read_stream, read_version) AS expected (stream, version)
    LEFT JOIN cartulary.stream_heads actual ON actual.stream = expected.stream
    WHERE coalesce(actual.version, 0) <> expected.version LIMIT 1;
  END IF;
  IF FOUND THEN
    -- A repeat has its answer already, though its streams have moved on since.
    RETURN QUERY
      SELECT DISTINCT ON (expected.command) expected.command, 'conflict', NULL::bigint, NULL::integer,
        NULL::timestamptz, expected.stream, coalesce(actual.version, 0)
      FROM (
        SELECT * FROM unnest(written_command, written_place, written_stream, written_before)
        UNION ALL
        SELECT reader.command, reader.place, read_stream[reader.of], read_version[reader.of]
        FROM unnest(reader_command, reader_place, reader_of) AS reader (command, place, of))
        AS expected (command, place, stream, version)
      LEFT JOIN cartulary.stream_heads actual ON actual.stream = expected.stream
      WHERE coalesce(actual.version, 0) <> expected.version
        AND (refused IS NULL OR expected.command <> ALL (refused))
      ORDER BY expected.command, expected.place;
    SELECT refused || array_agg(expected.command) INTO refused
    FROM (
      SELECT * FROM unnest(written_command, written_stream, written_before)
      UNION ALL
      SELECT reader.command, read_stream[reader.of], read_version[reader.of]
      FROM unnest(reader_command, reader_of) AS reader (command, of)) AS expected (command, stream, version)
    LEFT JOIN cartulary.stream_heads actual ON actual.stream = expected.stream
    WHERE coalesce(actual.version, 0) <> expected.version;
  END IF;

  IF refused IS NOT NULL THEN
    -- What is left of the batch, its events numbered anew.
    DECLARE
      kept integer[];
    BEGIN
      SELECT array_agg(event.number::integer ORDER BY event.number) INTO kept
      FROM unnest(event_command) WITH ORDINALITY AS event (command, number) WHERE event.command <> ALL (refused);
      IF kept IS NULL THEN
        RETURN;
      END IF;
      appended := cardinality(kept);
      SELECT array_agg(event_stream[n] ORDER BY place), array_agg(event_version[n] ORDER BY place),
        array_agg(event_type[n] ORDER BY place), array_agg(event_id[n] ORDER BY place),
        array_agg(event_envelope[n] ORDER BY place)
      INTO event_stream, event_version, event_type, event_id, event_envelope
      FROM unnest(kept) WITH ORDINALITY AS event (n, place);
      SELECT array_agg(w.stream), array_agg(w.before), array_agg(w.after), array_agg(array_position(kept, w.first)),
        array_agg(array_position(kept, w.last))
      INTO written_stream, written_before, written_after, written_first, written_last
      FROM unnest(written_command, written_stream, written_before, written_after, written_first, written_last)
        AS w (command, stream, before, after, first, last) WHERE w.command <> ALL (refused);
      SELECT coalesce(array_agg(k.scope), '{}'), coalesce(array_agg(k.name), '{}'),
        coalesce(array_agg(k.fingerprint), '{}'), coalesce(array_agg(array_position(kept, k.first)), '{}'),
        coalesce(array_agg(k.events), '{}')
      INTO key_scope, key_name, key_fingerprint, key_first, key_events
      FROM unnest(key_command, key_scope, key_name, key_fingerprint, key_first, key_events)
        AS k (command, scope, name, fingerprint, first, events) WHERE k.command <> ALL (refused);
    END;
  END IF;

  IF head.position + appended > head.partitioned_to THEN
    PERFORM cartulary.ensure_partitions(head.position + appended);
  END IF;
  -- In the list of columns, arrays are read as they lie; in FROM they would be copied to a store first.
  INSERT INTO cartulary.events (position, committed_at, version, event_id, stream, type, envelope)
  SELECT generate_series(head.position + 1, head.position + appended), now_committed, unnest(event_version),
    unnest(event_id), unnest(event_stream), unnest(event_type), unnest(event_envelope);
  INSERT INTO cartulary.stream_heads (stream, version, first_position, last_position)
  SELECT w.stream, w.after, head.position + w.first, head.position + w.last
  FROM unnest(written_stream, written_before, written_after, written_first, written_last)
    AS w (stream, before, after, first, last) WHERE w.before = 0;
  IF 0 < ANY (written_before) THEN
    UPDATE cartulary.stream_heads SET version = w.after, last_position = head.position + w.last
    FROM unnest(written_stream, written_before, written_after, written_last) AS w (stream, before, after, last)
    WHERE w.before > 0 AND stream_heads.stream = w.stream;
  END IF;
  IF cardinality(key_scope) > 0 THEN
    INSERT INTO cartulary.idempotency (scope, key, fingerprint, first_position, event_count, committed_at)
    SELECT unnest(key_scope), unnest(key_name), unnest(key_fingerprint), head.position + unnest(key_first),
      unnest(key_events), now_committed;
  END IF;
  IF cardinality(erasable_command) > 0 THEN
    INSERT INTO cartulary.erasable_fields (event_id, field, salt, value)
    SELECT erasable.event_id, erasable.field, erasable.salt, erasable.value
    FROM unnest(erasable_command, erasable_event_id, erasable_field, erasable_salt, erasable_value)
      AS erasable (command, event_id, field, salt, value)
    WHERE refused IS NULL OR erasable.command <> ALL (refused);
  END IF;

  UPDATE cartulary.ledger_head SET position = head.position + appended, committed_at = now_committed;
  PERFORM pg_notify('cartulary_ledger', (head.position + appended)::text);
  RETURN QUERY SELECT 0, 'appended', head.position + 1, appended, now_committed, NULL::text, NULL::bigint;
END $$;

DO $$
DECLARE
  signature text := (SELECT oid::regprocedure::text FROM pg_proc
    WHERE proname = 'append_batch' AND pronamespace = 'cartulary'::regnamespace);
BEGIN
  EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', signature);
  EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO cartulary_service', signature);
END $$;
