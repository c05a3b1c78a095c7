-- One batch of commands under the lock, with an outcome for each: a command that fails leaves the others alone.
-- Commands are numbered from 1. The caller sees to it that no two of a batch write a stream that the other one
-- writes or expects, or use the same idempotency key. All envelopes lie in one `envelopes`, found by byte offset
-- (from 1) and length. The first event of a command carries the command's number of events and its idempotency
-- key, if it has one; the three arrays of keys are empty when no command of the batch has one.
CREATE FUNCTION cartulary.ledger_append(
  expected_command integer[], expected_stream text[], expected_version bigint[],
  event_command integer[], event_stream text[], event_version bigint[], event_type text[], event_id uuid[],
  event_offset integer[], event_length integer[], envelopes bytea, command_events integer[],
  key_scope text[], key_name text[], key_fingerprint text[],
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
  appended integer;
  now_committed timestamptz;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'ledger_append needs READ COMMITTED: each statement must see what was committed before the lock';
  END IF;
  -- A statement of its own: the snapshots of those that follow are taken under the lock.
  PERFORM pg_advisory_xact_lock(x'6361727475'::bigint);
  SELECT * INTO STRICT head FROM cartulary.ledger_head;
  now_committed := greatest(date_trunc('milliseconds', clock_timestamp()), head.committed_at);

  IF cardinality(key_name) > 0 THEN
    SELECT array_agg(asked.command) INTO refused
    FROM unnest(event_command, key_scope, key_name) AS asked (command, scope, key)
    JOIN cartulary.idempotency used ON used.scope = asked.scope AND used.key = asked.key;
    IF refused IS NOT NULL THEN
      RETURN QUERY
        SELECT asked.command, CASE WHEN used.fingerprint = asked.fingerprint THEN 'repeated' ELSE 'mismatch' END,
          used.first_position, used.event_count, used.committed_at, NULL::text, NULL::bigint
        FROM unnest(event_command, key_scope, key_name, key_fingerprint) AS asked (command, scope, key, fingerprint)
        JOIN cartulary.idempotency used ON used.scope = asked.scope AND used.key = asked.key;
    END IF;
  END IF;

  RETURN QUERY
    SELECT DISTINCT ON (expected.command) expected.command, 'conflict', NULL::bigint, NULL::integer,
      NULL::timestamptz, expected.stream, coalesce(actual.version, 0)
    FROM unnest(expected_command, expected_stream, expected_version)
      WITH ORDINALITY AS expected (command, stream, version, ordinality)
    LEFT JOIN cartulary.stream_heads actual ON actual.stream = expected.stream
    WHERE coalesce(actual.version, 0) <> expected.version
      AND (refused IS NULL OR expected.command <> ALL (refused))
    ORDER BY expected.command, expected.ordinality;
  IF FOUND THEN
    SELECT refused || array_agg(DISTINCT expected.command) INTO refused
    FROM unnest(expected_command, expected_stream, expected_version) AS expected (command, stream, version)
    LEFT JOIN cartulary.stream_heads actual ON actual.stream = expected.stream
    WHERE coalesce(actual.version, 0) <> expected.version;
  END IF;
  appended := cardinality(event_command);
  IF refused IS NOT NULL THEN
    SELECT count(*) INTO appended FROM unnest(event_command) AS event (command) WHERE event.command <> ALL (refused);
  END IF;
  IF appended = 0 THEN
    RETURN;
  END IF;
  IF head.position + appended > head.partitioned_to THEN
    PERFORM cartulary.ensure_partitions(head.position + appended);
  END IF;

  RETURN QUERY
    WITH numbered AS MATERIALIZED (
      SELECT event.*, head.position + row_number() OVER (ORDER BY event.ordinality) AS position
      FROM unnest(event_command, event_stream, event_version, event_type, event_id, event_offset, event_length,
        command_events, key_scope, key_name, key_fingerprint)
        WITH ORDINALITY AS event (command, stream, version, type, id, start, length, events, scope, key, fingerprint,
          ordinality)
      WHERE refused IS NULL OR event.command <> ALL (refused)),
    written AS (
      INSERT INTO cartulary.events (position, committed_at, version, event_id, stream, type, envelope)
      SELECT numbered.position, now_committed, numbered.version, numbered.id, numbered.stream, numbered.type,
        substring(envelopes FROM numbered.start FOR numbered.length)
      FROM numbered),
    moved AS (
      INSERT INTO cartulary.stream_heads AS existing (stream, version, first_position, last_position)
      SELECT numbered.stream, max(numbered.version), min(numbered.position), max(numbered.position)
      FROM numbered GROUP BY numbered.stream
      ON CONFLICT ON CONSTRAINT stream_heads_pkey
        DO UPDATE SET version = excluded.version, last_position = excluded.last_position),
    remembered AS (
      INSERT INTO cartulary.idempotency (scope, key, fingerprint, first_position, event_count, committed_at)
      SELECT numbered.scope, numbered.key, numbered.fingerprint, numbered.position, numbered.events, now_committed
      FROM numbered WHERE numbered.key IS NOT NULL)
    SELECT numbered.command, 'appended', numbered.position, numbered.events, now_committed, NULL::text, NULL::bigint
    FROM numbered WHERE numbered.events IS NOT NULL;

  IF cardinality(erasable_command) > 0 THEN
    INSERT INTO cartulary.erasable_fields (event_id, field, salt, value)
    SELECT erasable.event_id, erasable.field, erasable.salt, erasable.value
    FROM unnest(erasable_command, erasable_event_id, erasable_field, erasable_salt, erasable_value)
      AS erasable (command, event_id, field, salt, value)
    WHERE refused IS NULL OR erasable.command <> ALL (refused);
  END IF;

  UPDATE cartulary.ledger_head SET position = head.position + appended, committed_at = now_committed;
  PERFORM pg_notify('cartulary_ledger', (head.position + appended)::text);
END $$;

DO $$
DECLARE
  signature text := (SELECT oid::regprocedure::text FROM pg_proc
    WHERE proname = 'ledger_append' AND pronamespace = 'cartulary'::regnamespace);
BEGIN
  EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', signature);
  EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO cartulary_service', signature);
END $$;

-- Text and salt go together: without the salt, the hash in the envelope can't be tried against guesses.
CREATE FUNCTION cartulary.erase_field(id uuid, name text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  DELETE FROM cartulary.erasable_fields WHERE event_id = id AND field = name;
  RETURN FOUND;
END $$;

CREATE FUNCTION cartulary.prune_idempotency(before timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  pruned bigint;
BEGIN
  DELETE FROM cartulary.idempotency WHERE committed_at < before;
  GET DIAGNOSTICS pruned = ROW_COUNT;
  RETURN pruned;
END $$;
REVOKE ALL ON FUNCTION cartulary.erase_field(uuid, text), cartulary.prune_idempotency(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cartulary.erase_field(uuid, text), cartulary.prune_idempotency(timestamptz) TO cartulary_service;
