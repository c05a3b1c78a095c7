-- The inventory's read models, in generations: each is a whole set of tables in a schema of its own, built from the
-- ledger beside the one that is asked. The views in `projections` say which one that is. Services may not create
-- tables, so these functions do it for them. A column that is added later goes into every generation that there is:
-- the code before and the code after it work on the same tables for a while.

-- Those without generations are built anew.
DROP TABLE projections.inventory_certificates, projections.inventory_identities, projections.inventory_tokens,
  projections.inventory_publications, projections.inventory_position;
DELETE FROM cartulary.consumer_positions WHERE consumer_group = 'inventory';
DELETE FROM cartulary.poison_events WHERE consumer_group = 'inventory';

CREATE TABLE projections.inventory_generations (
  generation integer PRIMARY KEY CHECK (generation > 0),
  status text COLLATE "C" NOT NULL
    CHECK (status IN ('building', 'following', 'active', 'retired', 'dropped', 'failed')),
  -- Of the code that fills it.
  version integer NOT NULL CHECK (version >= 0),
  reason text COLLATE "C" NOT NULL CHECK (reason IN ('first', 'ordered', 'version')),
  started_by text NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(),
  -- Of who asked for it, so that the same request twice has one effect.
  request text COLLATE "C" UNIQUE,
  -- Everything up to here is in its tables.
  position bigint NOT NULL DEFAULT 0,
  -- Up to here it was read from the ledger in big steps; behind it, a consumer feeds it.
  built_to bigint NOT NULL DEFAULT 0,
  events bigint NOT NULL DEFAULT 0,
  building_ms bigint NOT NULL DEFAULT 0,
  skipped bigint[] NOT NULL DEFAULT '{}',
  built_at timestamptz,
  switched_at timestamptz,
  comparison jsonb,
  failure text,
  -- One process builds, for as long as it says so often enough.
  builder text COLLATE "C",
  builder_until timestamptz
) WITH (fillfactor = 50);
CREATE UNIQUE INDEX inventory_generations_active ON projections.inventory_generations ((true)) WHERE status = 'active';
CREATE UNIQUE INDEX inventory_generations_next ON projections.inventory_generations ((true))
  WHERE status IN ('building', 'following');

-- `position` of a row is that of the newest event behind it; of a row of the past, `until` is that of the event that
-- made it so. `state` is the domain's state, without DER and secrets, which stay in the ledger. Indexes come when the
-- rows are in: see index_inventory_generation.
CREATE FUNCTION projections.create_inventory_tables(number integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
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
END $$;

-- Adds what is missing, and tells the planner what is there.
CREATE FUNCTION projections.index_inventory_generation(number integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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
END $$;

-- The one statement that says whom readers ask. Each of them sees the old generation whole, or the new one.
CREATE FUNCTION projections.point_inventory_views(number integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  part text;
BEGIN
  FOREACH part IN ARRAY ARRAY['certificates', 'certificates_past', 'identities', 'identities_past', 'tokens',
    'tokens_past', 'publications'] LOOP
    EXECUTE format('CREATE OR REPLACE VIEW projections.%I AS SELECT * FROM %I.%I', 'inventory_' || part,
      format('projections_inventory_%s', number), part);
  END LOOP;
END $$;

-- Begins a generation and gives its number; null while another one is being built. A request that was made before
-- gives the generation that it has begun.
CREATE FUNCTION projections.begin_inventory_generation(version integer, reason text, started_by text, request text)
RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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
END $$;

-- Lets readers ask the generation from now on, if it knows all that the active one knows. The active one's writers wait
-- for the row meanwhile, and find it retired. False: it is not that far yet.
CREATE FUNCTION projections.switch_inventory(number integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
-- Whoever reads for long must not make everybody else wait behind us.
SET lock_timeout = '300ms' AS $$
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
END $$;

-- Drops the tables of a generation that nobody asks any more.
CREATE FUNCTION projections.drop_inventory_generation(number integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '1s' AS $$
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
END $$;

REVOKE ALL ON FUNCTION projections.create_inventory_tables(integer), projections.point_inventory_views(integer),
  projections.index_inventory_generation(integer), projections.switch_inventory(integer),
  projections.begin_inventory_generation(integer, text, text, text), projections.drop_inventory_generation(integer)
  FROM PUBLIC;
GRANT EXECUTE ON FUNCTION projections.index_inventory_generation(integer), projections.switch_inventory(integer),
  projections.begin_inventory_generation(integer, text, text, text), projections.drop_inventory_generation(integer)
  TO cartulary_service;

-- The first one has nothing to be built from big steps for: its consumer fills it.
SELECT projections.begin_inventory_generation(1, 'first', 'migration', NULL);
SELECT projections.index_inventory_generation(1);
UPDATE projections.inventory_generations SET status = 'active', built_at = now(), switched_at = now();
SELECT projections.point_inventory_views(1);
