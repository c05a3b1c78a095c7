-- How far each durable consumer of the ledger transport has come, and what it could not handle.
CREATE TABLE cartulary.consumer_positions (
  consumer_group text COLLATE "C" PRIMARY KEY,
  position bigint NOT NULL CHECK (position >= 0),
  updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

CREATE TABLE cartulary.poison_events (
  consumer_group text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  stream text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  reason text NOT NULL,
  attempts integer NOT NULL,
  set_aside_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer_group, position)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON cartulary.consumer_positions, cartulary.poison_events TO cartulary_service;

-- Read models: can be thrown away and rebuilt, so services may do with their rows as they like.
CREATE SCHEMA projections;
REVOKE ALL ON SCHEMA projections FROM PUBLIC;
GRANT USAGE ON SCHEMA projections TO cartulary_service;
ALTER DEFAULT PRIVILEGES IN SCHEMA projections
  GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON TABLES TO cartulary_service;
ALTER DEFAULT PRIVILEGES IN SCHEMA projections GRANT USAGE ON SEQUENCES TO cartulary_service;
