-- What the migrations make, from the catalogue. Written by libs/ledger; not meant to be run.

-- schemas
cartulary
    {owner=UC/owner,cartulary_service=U/owner}
projections
    {owner=UC/owner,cartulary_service=U/owner}

-- tables
cartulary.consumer_positions (
  consumer_group text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  updated_at timestamp with time zone NOT NULL DEFAULT now()
) WITH (fillfactor=50)
    {owner=arwdDxtm/owner,cartulary_service=arwd/owner}
cartulary.erasable_fields (
  event_id uuid NOT NULL,
  field text COLLATE "C" NOT NULL,
  salt bytea NOT NULL,
  value text NOT NULL
)
    {owner=arwdDxtm/owner,cartulary_service=r/owner}
cartulary.events (
  position bigint NOT NULL,
  committed_at timestamp with time zone NOT NULL,
  version bigint NOT NULL,
  event_id uuid NOT NULL,
  stream text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  envelope bytea NOT NULL STORAGE e,
  leaf_hash bytea NOT NULL GENERATED AS sha256(('\x00'::bytea || envelope))
) PARTITION BY RANGE ("position")
    {owner=arwdDxtm/owner,cartulary_service=r/owner}
cartulary.idempotency (
  scope text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  fingerprint text COLLATE "C" NOT NULL,
  first_position bigint NOT NULL,
  event_count integer NOT NULL,
  committed_at timestamp with time zone NOT NULL
)
    {owner=arwdDxtm/owner,cartulary_service=r/owner}
cartulary.ledger_head (
  only_row boolean NOT NULL DEFAULT true,
  position bigint NOT NULL,
  committed_at timestamp with time zone NOT NULL,
  partition_size bigint NOT NULL,
  partitioned_to bigint NOT NULL
) WITH (fillfactor=10)
    {owner=arwdDxtm/owner,cartulary_service=r/owner}
cartulary.migrations (
  name text NOT NULL,
  checksum text NOT NULL,
  applied_at timestamp with time zone NOT NULL DEFAULT now()
)
cartulary.poison_events (
  consumer_group text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  stream text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  reason text NOT NULL,
  attempts integer NOT NULL,
  set_aside_at timestamp with time zone NOT NULL DEFAULT now()
)
    {owner=arwdDxtm/owner,cartulary_service=arwd/owner}
cartulary.relay_expiries (
  relay text COLLATE "C" NOT NULL,
  serial text COLLATE "C" NOT NULL,
  not_after timestamp with time zone NOT NULL
)
    {owner=arwdDxtm/owner,cartulary_service=ard/owner}
cartulary.relay_positions (
  relay text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  released boolean NOT NULL,
  updated_at timestamp with time zone NOT NULL DEFAULT now()
) WITH (fillfactor=50)
    {owner=arwdDxtm/owner,cartulary_service=arw/owner}
cartulary.stream_heads (
  stream text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  first_position bigint NOT NULL,
  last_position bigint NOT NULL
) WITH (fillfactor=80)
    {owner=arwdDxtm/owner,cartulary_service=r/owner}
cartulary.trace_contexts (
  event_id uuid NOT NULL,
  traceparent text COLLATE "C" NOT NULL,
  noted_at timestamp with time zone NOT NULL DEFAULT now()
)
    {owner=arwdDxtm/owner,cartulary_service=ard/owner}
projections.inventory_generations (
  generation integer NOT NULL,
  status text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  reason text COLLATE "C" NOT NULL,
  started_by text NOT NULL,
  started_at timestamp with time zone NOT NULL DEFAULT now(),
  request text COLLATE "C",
  position bigint NOT NULL DEFAULT 0,
  built_to bigint NOT NULL DEFAULT 0,
  events bigint NOT NULL DEFAULT 0,
  building_ms bigint NOT NULL DEFAULT 0,
  skipped bigint[] NOT NULL DEFAULT '{}'::bigint[],
  built_at timestamp with time zone,
  switched_at timestamp with time zone,
  comparison jsonb,
  failure text,
  builder text COLLATE "C",
  builder_until timestamp with time zone
) WITH (fillfactor=50)
    {owner=arwdDxtm/owner,cartulary_service=arwdD/owner}
projections.revocation_acknowledgements (
  issuer_id text COLLATE "C" NOT NULL,
  node text COLLATE "C" NOT NULL,
  proxy text COLLATE "C" NOT NULL,
  context text COLLATE "C" NOT NULL,
  state "char" NOT NULL,
  numbers bigint[] NOT NULL,
  times timestamp with time zone[] NOT NULL
) WITH (fillfactor=50)
    {owner=arwdDxtm/owner,cartulary_service=arwdD/owner}
projections.revocation_agents (
  node text COLLATE "C" NOT NULL,
  stream text COLLATE "C" NOT NULL,
  opened_at timestamp with time zone NOT NULL,
  beat_at timestamp with time zone NOT NULL,
  gone_at timestamp with time zone,
  canaries boolean NOT NULL DEFAULT false
) WITH (fillfactor=50)
    {owner=arwdDxtm/owner,cartulary_service=arwdD/owner}
projections.revocation_blocked_keys (
  key_hash bytea NOT NULL,
  position bigint NOT NULL
)
    {owner=arwdDxtm/owner,cartulary_service=arwdD/owner}
projections.revocation_canaries (
  serial text COLLATE "C" NOT NULL,
  issuer_id text COLLATE "C" NOT NULL,
  private_key bytea NOT NULL,
  made_at timestamp with time zone NOT NULL DEFAULT clock_timestamp()
)
    {owner=arwdDxtm/owner,cartulary_service=arwdD/owner}
projections.revocation_certificates (
  position bigint NOT NULL,
  serial text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  status "char" NOT NULL,
  held_at timestamp with time zone,
  reason text COLLATE "C",
  issued_at timestamp with time zone NOT NULL,
  not_after timestamp with time zone NOT NULL,
  issuer_id text COLLATE "C" NOT NULL,
  delegate boolean NOT NULL,
  key_hash bytea NOT NULL,
  identity text COLLATE "C",
  namespace text COLLATE "C",
  node text COLLATE "C"
) WITH (fillfactor=85)
    {owner=arwdDxtm/owner,cartulary_service=arwdD/owner}
projections.revocation_descents (
  parent bigint NOT NULL,
  child bigint NOT NULL
)
    {owner=arwdDxtm/owner,cartulary_service=arwdD/owner}
projections.revocation_incident_hits (
  incident_id text COLLATE "C" NOT NULL,
  position bigint NOT NULL
)
    {owner=arwdDxtm/owner,cartulary_service=arwdD/owner}
projections.revocation_incidents (
  incident_id text COLLATE "C" NOT NULL,
  hit bigint NOT NULL
)
    {owner=arwdDxtm/owner,cartulary_service=arwdD/owner}
projections.revocation_key_certificates (
  key_hash bytea NOT NULL,
  serial text NOT NULL
)
    {owner=arwdDxtm/owner,cartulary_service=arwdD/owner}
projections.revocation_position (
  only_row boolean NOT NULL DEFAULT true,
  position bigint NOT NULL
) WITH (fillfactor=10)
    {owner=arwdDxtm/owner,cartulary_service=arwdD/owner}
projections.revocation_tokens (
  position bigint NOT NULL,
  token_id text COLLATE "C" NOT NULL
)
    {owner=arwdDxtm/owner,cartulary_service=arwdD/owner}
projections.rotation_certificates (
  serial text COLLATE "C" NOT NULL,
  identity text COLLATE "C",
  namespace text COLLATE "C",
  issuer_id text COLLATE "C" NOT NULL,
  due_at timestamp with time zone NOT NULL,
  not_after timestamp with time zone NOT NULL,
  turn double precision NOT NULL,
  ordered boolean NOT NULL DEFAULT false
)
    {owner=arwdDxtm/owner,cartulary_service=arwdD/owner}
projections.rotation_epochs (
  issuer_id text COLLATE "C" NOT NULL,
  certificates bigint NOT NULL,
  last_not_after timestamp with time zone,
  closed boolean NOT NULL,
  position bigint NOT NULL
)
    {owner=arwdDxtm/owner,cartulary_service=arwdD/owner}
projections.rotation_made_keys (
  key_id text COLLATE "C" NOT NULL,
  made_at timestamp with time zone NOT NULL
)
    {owner=arwdDxtm/owner,cartulary_service=arwdD/owner}
projections.rotation_members (
  rotation_id text COLLATE "C" NOT NULL,
  serial text COLLATE "C" NOT NULL,
  due_at timestamp with time zone NOT NULL,
  not_after timestamp with time zone NOT NULL,
  announced boolean NOT NULL DEFAULT false
)
    {owner=arwdDxtm/owner,cartulary_service=arwdD/owner}
projections.rotation_orders (
  rotation_id text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  version bigint NOT NULL,
  event_id text NOT NULL,
  selector jsonb NOT NULL,
  namespace text COLLATE "C",
  system boolean NOT NULL,
  requester text NOT NULL,
  window_start timestamp with time zone NOT NULL,
  window_end timestamp with time zone NOT NULL,
  ordered_at timestamp with time zone NOT NULL,
  counted boolean NOT NULL DEFAULT false,
  matched bigint NOT NULL DEFAULT 0,
  due bigint NOT NULL DEFAULT 0,
  replaced bigint NOT NULL DEFAULT 0,
  ended bigint NOT NULL DEFAULT 0,
  told jsonb,
  completed_at timestamp with time zone
)
    {owner=arwdDxtm/owner,cartulary_service=arwdD/owner}
projections.rotation_position (
  only_row boolean NOT NULL DEFAULT true,
  position bigint NOT NULL,
  as_of timestamp with time zone NOT NULL,
  due_version bigint NOT NULL
) WITH (fillfactor=10)
    {owner=arwdDxtm/owner,cartulary_service=arwdD/owner}

-- constraints
cartulary.consumer_positions: consumer_positions_pkey PRIMARY KEY (consumer_group)
cartulary.consumer_positions: consumer_positions_position_check CHECK (("position" >= 0))
cartulary.erasable_fields: erasable_fields_pkey PRIMARY KEY (event_id, field)
cartulary.events: events_envelope_check CHECK (((octet_length(envelope) >= 1) AND (octet_length(envelope) <= 65535)))
cartulary.events: events_pkey PRIMARY KEY ("position")
cartulary.events: events_version_check CHECK ((version > 0))
cartulary.idempotency: idempotency_pkey PRIMARY KEY (scope, key)
cartulary.ledger_head: ledger_head_only_row_check CHECK (only_row)
cartulary.ledger_head: ledger_head_partition_size_check CHECK ((partition_size > 0))
cartulary.ledger_head: ledger_head_pkey PRIMARY KEY (only_row)
cartulary.migrations: migrations_pkey PRIMARY KEY (name)
cartulary.poison_events: poison_events_pkey PRIMARY KEY (consumer_group, "position")
cartulary.relay_expiries: relay_expiries_pkey PRIMARY KEY (relay, serial)
cartulary.relay_positions: relay_positions_pkey PRIMARY KEY (relay)
cartulary.relay_positions: relay_positions_position_check CHECK (("position" >= 0))
cartulary.stream_heads: stream_heads_pkey PRIMARY KEY (stream)
cartulary.stream_heads: stream_heads_version_check CHECK ((version > 0))
cartulary.trace_contexts: trace_contexts_pkey PRIMARY KEY (event_id)
cartulary.trace_contexts: trace_contexts_traceparent_check CHECK ((traceparent ~ '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$'::text))
projections.inventory_generations: inventory_generations_generation_check CHECK ((generation > 0))
projections.inventory_generations: inventory_generations_pkey PRIMARY KEY (generation)
projections.inventory_generations: inventory_generations_reason_check CHECK ((reason = ANY (ARRAY['first'::text, 'ordered'::text, 'version'::text])))
projections.inventory_generations: inventory_generations_request_key UNIQUE (request)
projections.inventory_generations: inventory_generations_status_check CHECK ((status = ANY (ARRAY['building'::text, 'following'::text, 'active'::text, 'retired'::text, 'dropped'::text, 'failed'::text])))
projections.inventory_generations: inventory_generations_version_check CHECK ((version >= 0))
projections.revocation_acknowledgements: revocation_acknowledgements_check CHECK (((cardinality(numbers) = cardinality(times)) AND ((cardinality(numbers) >= 1) AND (cardinality(numbers) <= 16))))
projections.revocation_acknowledgements: revocation_acknowledgements_pkey PRIMARY KEY (issuer_id, node, proxy, context, state)
projections.revocation_acknowledgements: revocation_acknowledgements_state_check CHECK ((state = ANY (ARRAY['d'::"char", 'e'::"char", 'r'::"char", 'a'::"char"])))
projections.revocation_agents: revocation_agents_pkey PRIMARY KEY (node)
projections.revocation_blocked_keys: revocation_blocked_keys_key_hash_check CHECK ((octet_length(key_hash) = 32))
projections.revocation_blocked_keys: revocation_blocked_keys_pkey PRIMARY KEY (key_hash)
projections.revocation_canaries: revocation_canaries_pkey PRIMARY KEY (serial)
projections.revocation_certificates: revocation_certificates_key_hash_check CHECK ((octet_length(key_hash) = 32))
projections.revocation_certificates: revocation_certificates_pkey PRIMARY KEY ("position")
projections.revocation_certificates: revocation_certificates_serial_key UNIQUE (serial)
projections.revocation_certificates: revocation_certificates_status_check CHECK ((status = ANY (ARRAY['a'::"char", 'h'::"char", 'r'::"char"])))
projections.revocation_descents: revocation_descents_pkey PRIMARY KEY (parent, child)
projections.revocation_incident_hits: revocation_incident_hits_pkey PRIMARY KEY (incident_id, "position")
projections.revocation_incidents: revocation_incidents_pkey PRIMARY KEY (incident_id)
projections.revocation_key_certificates: revocation_key_certificates_key_hash_check CHECK ((octet_length(key_hash) = 32))
projections.revocation_key_certificates: revocation_key_certificates_pkey PRIMARY KEY (key_hash, serial)
projections.revocation_position: revocation_position_only_row_check CHECK (only_row)
projections.revocation_position: revocation_position_pkey PRIMARY KEY (only_row)
projections.revocation_tokens: revocation_tokens_pkey PRIMARY KEY ("position")
projections.revocation_tokens: revocation_tokens_token_id_key UNIQUE (token_id)
projections.rotation_certificates: rotation_certificates_pkey PRIMARY KEY (serial)
projections.rotation_epochs: rotation_epochs_pkey PRIMARY KEY (issuer_id)
projections.rotation_made_keys: rotation_made_keys_pkey PRIMARY KEY (key_id)
projections.rotation_members: rotation_members_pkey PRIMARY KEY (rotation_id, serial)
projections.rotation_orders: rotation_orders_pkey PRIMARY KEY (rotation_id)
projections.rotation_position: rotation_position_only_row_check CHECK (only_row)
projections.rotation_position: rotation_position_pkey PRIMARY KEY (only_row)

-- indexes
CREATE INDEX events_stream_version ON ONLY cartulary.events USING btree (stream, version) WHERE (version > 1)
CREATE INDEX events_type ON ONLY cartulary.events USING btree (type, "position") WHERE (type <> 'CertificateIssued'::text)
CREATE INDEX idempotency_committed_at ON cartulary.idempotency USING btree (committed_at)
CREATE INDEX relay_expiries_not_after ON cartulary.relay_expiries USING btree (relay, not_after)
CREATE INDEX revocation_acknowledgements_node ON projections.revocation_acknowledgements USING btree (node)
CREATE INDEX revocation_canaries_issuer ON projections.revocation_canaries USING btree (issuer_id, made_at)
CREATE INDEX revocation_certificates_identity ON projections.revocation_certificates USING btree (identity) WHERE (identity IS NOT NULL)
CREATE INDEX revocation_certificates_issued_at ON projections.revocation_certificates USING btree (issued_at)
CREATE INDEX revocation_certificates_issuer ON projections.revocation_certificates USING btree (issuer_id)
CREATE INDEX revocation_certificates_key_hash ON projections.revocation_certificates USING btree (key_hash)
CREATE INDEX revocation_certificates_namespace ON projections.revocation_certificates USING btree (namespace) WHERE (namespace IS NOT NULL)
CREATE INDEX revocation_certificates_node ON projections.revocation_certificates USING btree (node) WHERE (node IS NOT NULL)
CREATE INDEX rotation_certificates_due ON projections.rotation_certificates USING btree (due_at, serial) WHERE (NOT ordered)
CREATE INDEX rotation_certificates_identity ON projections.rotation_certificates USING btree (identity, serial)
CREATE INDEX rotation_certificates_issuer ON projections.rotation_certificates USING btree (issuer_id, serial)
CREATE INDEX rotation_certificates_namespace ON projections.rotation_certificates USING btree (namespace, serial)
CREATE INDEX rotation_certificates_not_after ON projections.rotation_certificates USING btree (not_after)
CREATE INDEX rotation_made_keys_made_at ON projections.rotation_made_keys USING btree (made_at)
CREATE INDEX rotation_members_due ON projections.rotation_members USING btree (rotation_id, due_at, serial) WHERE (NOT announced)
CREATE INDEX rotation_members_not_after ON projections.rotation_members USING btree (rotation_id, not_after)
CREATE INDEX rotation_members_serial ON projections.rotation_members USING btree (serial)
CREATE INDEX rotation_orders_open ON projections.rotation_orders USING btree ("position") WHERE (completed_at IS NULL)
CREATE INDEX rotation_orders_position ON projections.rotation_orders USING btree ("position")
CREATE UNIQUE INDEX consumer_positions_pkey ON cartulary.consumer_positions USING btree (consumer_group)
CREATE UNIQUE INDEX erasable_fields_pkey ON cartulary.erasable_fields USING btree (event_id, field)
CREATE UNIQUE INDEX events_pkey ON ONLY cartulary.events USING btree ("position")
CREATE UNIQUE INDEX idempotency_pkey ON cartulary.idempotency USING btree (scope, key)
CREATE UNIQUE INDEX inventory_generations_active ON projections.inventory_generations USING btree ((true)) WHERE (status = 'active'::text)
CREATE UNIQUE INDEX inventory_generations_next ON projections.inventory_generations USING btree ((true)) WHERE (status = ANY (ARRAY['building'::text, 'following'::text]))
CREATE UNIQUE INDEX inventory_generations_pkey ON projections.inventory_generations USING btree (generation)
CREATE UNIQUE INDEX inventory_generations_request_key ON projections.inventory_generations USING btree (request)
CREATE UNIQUE INDEX ledger_head_pkey ON cartulary.ledger_head USING btree (only_row)
CREATE UNIQUE INDEX migrations_pkey ON cartulary.migrations USING btree (name)
CREATE UNIQUE INDEX poison_events_pkey ON cartulary.poison_events USING btree (consumer_group, "position")
CREATE UNIQUE INDEX relay_expiries_pkey ON cartulary.relay_expiries USING btree (relay, serial)
CREATE UNIQUE INDEX relay_positions_pkey ON cartulary.relay_positions USING btree (relay)
CREATE UNIQUE INDEX revocation_acknowledgements_pkey ON projections.revocation_acknowledgements USING btree (issuer_id, node, proxy, context, state)
CREATE UNIQUE INDEX revocation_agents_pkey ON projections.revocation_agents USING btree (node)
CREATE UNIQUE INDEX revocation_blocked_keys_pkey ON projections.revocation_blocked_keys USING btree (key_hash)
CREATE UNIQUE INDEX revocation_canaries_pkey ON projections.revocation_canaries USING btree (serial)
CREATE UNIQUE INDEX revocation_certificates_pkey ON projections.revocation_certificates USING btree ("position")
CREATE UNIQUE INDEX revocation_certificates_serial_key ON projections.revocation_certificates USING btree (serial)
CREATE UNIQUE INDEX revocation_descents_pkey ON projections.revocation_descents USING btree (parent, child)
CREATE UNIQUE INDEX revocation_incident_hits_pkey ON projections.revocation_incident_hits USING btree (incident_id, "position")
CREATE UNIQUE INDEX revocation_incidents_pkey ON projections.revocation_incidents USING btree (incident_id)
CREATE UNIQUE INDEX revocation_key_certificates_pkey ON projections.revocation_key_certificates USING btree (key_hash, serial)
CREATE UNIQUE INDEX revocation_position_pkey ON projections.revocation_position USING btree (only_row)
CREATE UNIQUE INDEX revocation_tokens_pkey ON projections.revocation_tokens USING btree ("position")
CREATE UNIQUE INDEX revocation_tokens_token_id_key ON projections.revocation_tokens USING btree (token_id)
CREATE UNIQUE INDEX rotation_certificates_pkey ON projections.rotation_certificates USING btree (serial)
CREATE UNIQUE INDEX rotation_epochs_pkey ON projections.rotation_epochs USING btree (issuer_id)
CREATE UNIQUE INDEX rotation_made_keys_pkey ON projections.rotation_made_keys USING btree (key_id)
CREATE UNIQUE INDEX rotation_members_pkey ON projections.rotation_members USING btree (rotation_id, serial)
CREATE UNIQUE INDEX rotation_orders_pkey ON projections.rotation_orders USING btree (rotation_id)
CREATE UNIQUE INDEX rotation_position_pkey ON projections.rotation_position USING btree (only_row)
CREATE UNIQUE INDEX stream_heads_pkey ON cartulary.stream_heads USING btree (stream)
CREATE UNIQUE INDEX trace_contexts_pkey ON cartulary.trace_contexts USING btree (event_id)

-- triggers
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON cartulary.events FOR EACH STATEMENT EXECUTE FUNCTION cartulary.refuse_change()

-- views
projections.inventory_certificates AS
 SELECT serial,
    issued,
    "position",
    identity,
    namespace,
    node,
    system,
    profile,
    status,
    issuer_id,
    key_hash,
    not_after,
    state
   FROM projections_inventory_1.certificates;
    {owner=arwdDxtm/owner,cartulary_service=arwdD/owner}
projections.inventory_certificates_past AS
 SELECT serial,
    issued,
    "position",
    identity,
    namespace,
    node,
    system,
    profile,
    status,
    issuer_id,
    key_hash,
    not_after,
    state,
    until
   FROM projections_inventory_1.certificates_past;
    {owner=arwdDxtm/owner,cartulary_service=arwdD/owner}
projections.inventory_identities AS
 SELECT id,
    "position",
    namespace,
    system,
    status,
    state
   FROM projections_inventory_1.identities;
    {owner=arwdDxtm/owner,cartulary_service=arwdD/owner}
projections.inventory_identities_past AS
 SELECT id,
    "position",
    namespace,
    system,
    status,
    state,
    until
   FROM projections_inventory_1.identities_past;
    {owner=arwdDxtm/owner,cartulary_service=arwdD/owner}
projections.inventory_publications AS
 SELECT "position",
    issuer_id,
    crl
   FROM projections_inventory_1.publications;
    {owner=arwdDxtm/owner,cartulary_service=arwdD/owner}
projections.inventory_tokens AS
 SELECT token_id,
    created,
    "position",
    namespaces,
    state
   FROM projections_inventory_1.tokens;
    {owner=arwdDxtm/owner,cartulary_service=arwdD/owner}
projections.inventory_tokens_past AS
 SELECT token_id,
    created,
    "position",
    namespaces,
    state,
    until
   FROM projections_inventory_1.tokens_past;
    {owner=arwdDxtm/owner,cartulary_service=arwdD/owner}

-- functions
CREATE OR REPLACE FUNCTION cartulary.append_batch(written_command integer[], written_place integer[], written_stream text[], written_before bigint[], written_after bigint[], written_first integer[], written_last integer[], read_stream text[], read_version bigint[], reader_command integer[], reader_place integer[], reader_of integer[], event_command integer[], event_stream text[], event_version bigint[], event_type text[], event_id uuid[], event_envelope bytea[], key_command integer[], key_scope text[], key_name text[], key_fingerprint text[], key_first integer[], key_events integer[], erasable_command integer[], erasable_event_id uuid[], erasable_field text[], erasable_salt bytea[], erasable_value text[])
 RETURNS TABLE(command integer, outcome text, first_position bigint, event_count integer, committed_at timestamp with time zone, stream text, actual_version bigint)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET jit TO 'off'
AS $function$
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
END $function$

    {owner=X/owner,cartulary_service=X/owner}
CREATE OR REPLACE FUNCTION cartulary.ensure_partitions(through bigint)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$

    {owner=X/owner,cartulary_service=X/owner}
CREATE OR REPLACE FUNCTION cartulary.erase_field(id uuid, name text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
  DELETE FROM cartulary.erasable_fields WHERE event_id = id AND field = name;
  RETURN FOUND;
END $function$

    {owner=X/owner,cartulary_service=X/owner}
CREATE OR REPLACE FUNCTION cartulary.ledger_append(expected_command integer[], expected_stream text[], expected_version bigint[], event_command integer[], event_stream text[], event_version bigint[], event_type text[], event_id uuid[], event_offset integer[], event_length integer[], envelopes bytea, command_events integer[], key_scope text[], key_name text[], key_fingerprint text[], erasable_command integer[], erasable_event_id uuid[], erasable_field text[], erasable_salt bytea[], erasable_value text[])
 RETURNS TABLE(command integer, outcome text, first_position bigint, event_count integer, committed_at timestamp with time zone, stream text, actual_version bigint)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET jit TO 'off'
AS $function$
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
END $function$

    {owner=X/owner,cartulary_service=X/owner}
CREATE OR REPLACE FUNCTION cartulary.prune_idempotency(before timestamp with time zone)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
  pruned bigint;
BEGIN
  DELETE FROM cartulary.idempotency WHERE committed_at < before;
  GET DIAGNOSTICS pruned = ROW_COUNT;
  RETURN pruned;
END $function$

    {owner=X/owner,cartulary_service=X/owner}
CREATE OR REPLACE FUNCTION cartulary.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  RAISE EXCEPTION 'the ledger is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END $function$
CREATE OR REPLACE FUNCTION projections.begin_inventory_generation(version integer, reason text, started_by text, request text)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
#variable_conflict use_variable
DECLARE
  number integer;
BEGIN
  SELECT g.generation INTO number FROM projections.inventory_generations g WHERE g.request = request;
  IF FOUND THEN
    RETURN number;
  END IF;
  INSERT INTO projections.inventory_generations (generation, status, version, reason, started_by, request)
  SELECT coalesce(max(g.generation), 0) + 1, 'building', version, reason, started_by, request
  FROM projections.inventory_generations g
  ON CONFLICT DO NOTHING RETURNING generation INTO number;
  IF number IS NOT NULL THEN
    PERFORM projections.create_inventory_tables(number);
  END IF;
  RETURN number;
END $function$

    {owner=X/owner,cartulary_service=X/owner}
CREATE OR REPLACE FUNCTION projections.create_inventory_tables(number integer)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
  place text := format('projections_inventory_%s', number);
BEGIN
  EXECUTE format('CREATE SCHEMA %I', place);
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO cartulary_service', place);
  EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I
    GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON TABLES TO cartulary_service', place);
  EXECUTE format($sql$
    CREATE TABLE %1$I.certificates (
      serial text COLLATE "C" PRIMARY KEY,
      -- Of CertificateIssued: never changes, so that a page's cursor stays true while certificates change.
      issued bigint NOT NULL,
      position bigint NOT NULL,
      identity text COLLATE "C",
      namespace text COLLATE "C",
      node text COLLATE "C",
      -- Of a system identity, which not everybody sees.
      system boolean NOT NULL,
      profile text COLLATE "C" NOT NULL,
      -- As decided on; expiry follows from not_after and the reader's clock.
      status text COLLATE "C" NOT NULL CHECK (status IN ('active', 'held', 'revoked')),
      issuer_id text COLLATE "C" NOT NULL,
      key_hash bytea NOT NULL CHECK (octet_length(key_hash) = 32),
      not_after timestamptz NOT NULL,
      state jsonb NOT NULL
    ) WITH (fillfactor = 85);
    CREATE TABLE %1$I.certificates_past (LIKE %1$I.certificates, until bigint NOT NULL, PRIMARY KEY (serial, position));
    CREATE TABLE %1$I.identities (
      id text COLLATE "C" PRIMARY KEY,
      position bigint NOT NULL,
      namespace text COLLATE "C",
      system boolean NOT NULL,
      status text COLLATE "C" NOT NULL,
      state jsonb NOT NULL
    ) WITH (fillfactor = 85);
    CREATE TABLE %1$I.identities_past (LIKE %1$I.identities, until bigint NOT NULL, PRIMARY KEY (id, position));
    CREATE TABLE %1$I.tokens (
      token_id text COLLATE "C" PRIMARY KEY,
      created bigint NOT NULL,
      position bigint NOT NULL,
      -- Of its grant; null: all namespaces.
      namespaces text[],
      state jsonb NOT NULL
    );
    CREATE TABLE %1$I.tokens_past (LIKE %1$I.tokens, until bigint NOT NULL, PRIMARY KEY (token_id, position));
    -- Every CRL that was published.
    CREATE TABLE %1$I.publications (
      position bigint PRIMARY KEY,
      issuer_id text COLLATE "C" NOT NULL,
      crl jsonb NOT NULL
    );
  $sql$, place);
END $function$

    {owner=X/owner}
CREATE OR REPLACE FUNCTION projections.drop_inventory_generation(number integer)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '1s'
AS $function$
BEGIN
  PERFORM FROM projections.inventory_generations WHERE generation = number AND status IN ('retired', 'failed') FOR UPDATE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  EXECUTE format('DROP SCHEMA IF EXISTS %I CASCADE', format('projections_inventory_%s', number));
  DELETE FROM cartulary.consumer_positions WHERE consumer_group = format('inventory-%s', number);
  DELETE FROM cartulary.poison_events WHERE consumer_group = format('inventory-%s', number);
  UPDATE projections.inventory_generations SET status = 'dropped' WHERE generation = number AND status = 'retired';
  RETURN true;
END $function$

    {owner=X/owner,cartulary_service=X/owner}
CREATE OR REPLACE FUNCTION projections.index_inventory_generation(number integer)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
  place text := format('projections_inventory_%s', number);
  part text;
BEGIN
  FOREACH part IN ARRAY ARRAY['certificates', 'certificates_past'] LOOP
    EXECUTE format($sql$
      CREATE INDEX IF NOT EXISTS %2$s_issued ON %1$I.%2$I (issued);
      CREATE INDEX IF NOT EXISTS %2$s_identity ON %1$I.%2$I (identity, issued);
      CREATE INDEX IF NOT EXISTS %2$s_namespace ON %1$I.%2$I (namespace, issued);
      CREATE INDEX IF NOT EXISTS %2$s_issuer ON %1$I.%2$I (issuer_id, issued);
      CREATE INDEX IF NOT EXISTS %2$s_key ON %1$I.%2$I (key_hash, issued);
      CREATE INDEX IF NOT EXISTS %2$s_node ON %1$I.%2$I (node, issued) WHERE node IS NOT NULL;
      CREATE INDEX IF NOT EXISTS %2$s_not_after ON %1$I.%2$I (not_after);
      -- Most certificates are active workloads': those cost nothing here.
      CREATE INDEX IF NOT EXISTS %2$s_status ON %1$I.%2$I (status, issued) WHERE status <> 'active';
      CREATE INDEX IF NOT EXISTS %2$s_profile ON %1$I.%2$I (profile, issued) WHERE profile <> 'workload';
      ANALYZE %1$I.%2$I;
    $sql$, place, part);
  END LOOP;
  FOREACH part IN ARRAY ARRAY['identities', 'identities_past'] LOOP
    EXECUTE format($sql$
      CREATE INDEX IF NOT EXISTS %2$s_namespace ON %1$I.%2$I (namespace, id);
      CREATE INDEX IF NOT EXISTS %2$s_suspended ON %1$I.%2$I (id) WHERE status = 'suspended';
      ANALYZE %1$I.%2$I;
    $sql$, place, part);
  END LOOP;
  EXECUTE format($sql$
    CREATE INDEX IF NOT EXISTS tokens_created ON %1$I.tokens (created);
    CREATE INDEX IF NOT EXISTS publications_issuer ON %1$I.publications (issuer_id, position);
    ANALYZE %1$I.tokens;
    ANALYZE %1$I.tokens_past;
    ANALYZE %1$I.publications;
  $sql$, place);
END $function$

    {owner=X/owner,cartulary_service=X/owner}
CREATE OR REPLACE FUNCTION projections.point_inventory_views(number integer)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
  part text;
BEGIN
  FOREACH part IN ARRAY ARRAY['certificates', 'certificates_past', 'identities', 'identities_past', 'tokens',
    'tokens_past', 'publications'] LOOP
    EXECUTE format('CREATE OR REPLACE VIEW projections.%I AS SELECT * FROM %I.%I', 'inventory_' || part,
      format('projections_inventory_%s', number), part);
  END LOOP;
END $function$

    {owner=X/owner}
CREATE OR REPLACE FUNCTION projections.switch_inventory(number integer)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET lock_timeout TO '300ms'
AS $function$
DECLARE
  before projections.inventory_generations;
  after projections.inventory_generations;
BEGIN
  SELECT * INTO before FROM projections.inventory_generations WHERE status = 'active' FOR UPDATE;
  SELECT * INTO after FROM projections.inventory_generations WHERE generation = number FOR UPDATE;
  IF after.status IS DISTINCT FROM 'following' OR after.position < before.position THEN
    RETURN false;
  END IF;
  UPDATE projections.inventory_generations SET status = 'retired' WHERE generation = before.generation;
  UPDATE projections.inventory_generations
  SET status = 'active', switched_at = clock_timestamp(), builder = NULL, builder_until = NULL
  WHERE generation = number;
  PERFORM projections.point_inventory_views(number);
  RETURN true;
END $function$

    {owner=X/owner,cartulary_service=X/owner}
