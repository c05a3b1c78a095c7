-- The ledger: an append-only sequence of events, one row that says where it ends, one row per stream.
CREATE SCHEMA IF NOT EXISTS cartulary; -- the runner's own table is in it already
REVOKE ALL ON SCHEMA cartulary FROM PUBLIC;

-- Roles belong to the whole server: another database's migration may create this one at the same moment.
DO $$
BEGIN
  CREATE ROLE cartulary_service NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
GRANT USAGE ON SCHEMA cartulary TO cartulary_service;

-- The envelope is the truth and the Merkle leaf; the other columns are derived from it and can be checked against
-- it. RFC 9162, section 2.1.1: a leaf's hash is SHA-256(0x00 || leaf). The database computes it by itself.
CREATE TABLE cartulary.events (
  position bigint NOT NULL,
  committed_at timestamptz NOT NULL,
  version bigint NOT NULL CHECK (version > 0),
  event_id uuid NOT NULL,
  stream text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  envelope bytea NOT NULL CHECK (octet_length(envelope) BETWEEN 1 AND 65535),
  leaf_hash bytea NOT NULL GENERATED ALWAYS AS (sha256('\x00'::bytea || envelope)) STORED,
  PRIMARY KEY (position)
) PARTITION BY RANGE (position);

-- Random bytes and base64 don't compress, and compressing is time under the lock.
ALTER TABLE cartulary.events ALTER COLUMN envelope SET STORAGE EXTERNAL;
CREATE INDEX events_stream_version ON cartulary.events (stream, version);

-- The concurrency check (a unique index can't span partitions); the positions let stream reads skip partitions.
CREATE TABLE cartulary.stream_heads (
  stream text COLLATE "C" PRIMARY KEY,
  version bigint NOT NULL CHECK (version > 0),
  first_position bigint NOT NULL,
  last_position bigint NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE cartulary.ledger_head (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  position bigint NOT NULL,
  committed_at timestamptz NOT NULL,
  partition_size bigint NOT NULL CHECK (partition_size > 0),
  -- The last position that has a partition.
  partitioned_to bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO cartulary.ledger_head VALUES (true, 0, 'epoch', 10000000, 0);

CREATE TABLE cartulary.idempotency (
  scope text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  fingerprint text COLLATE "C" NOT NULL,
  first_position bigint NOT NULL,
  event_count integer NOT NULL,
  committed_at timestamptz NOT NULL,
  PRIMARY KEY (scope, key)
);
CREATE INDEX idempotency_committed_at ON cartulary.idempotency (committed_at);

-- Personal and free text; the envelope holds base64 SHA-256(salt || value) of each.
CREATE TABLE cartulary.erasable_fields (
  event_id uuid NOT NULL,
  field text COLLATE "C" NOT NULL,
  salt bytea NOT NULL,
  value text NOT NULL,
  PRIMARY KEY (event_id, field)
);

CREATE FUNCTION cartulary.refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON cartulary.events
  FOR EACH STATEMENT EXECUTE FUNCTION cartulary.refuse_change();

GRANT SELECT ON cartulary.events, cartulary.stream_heads, cartulary.ledger_head, cartulary.idempotency,
  cartulary.erasable_fields TO cartulary_service;
