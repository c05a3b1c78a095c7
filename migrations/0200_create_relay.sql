-- How far the relay from the ledger to Kafka has come. `released`: the one that wrote it had nothing under way.
CREATE TABLE cartulary.relay_positions (
  relay text COLLATE "C" PRIMARY KEY,
  position bigint NOT NULL CHECK (position >= 0),
  released boolean NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);
GRANT SELECT, INSERT, UPDATE ON cartulary.relay_positions TO cartulary_service;
