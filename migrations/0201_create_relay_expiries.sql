-- Certificates that have a record in the state topics, until the relay has removed it.
CREATE TABLE cartulary.relay_expiries (
  relay text COLLATE "C" NOT NULL,
  serial text COLLATE "C" NOT NULL,
  not_after timestamptz NOT NULL,
  PRIMARY KEY (relay, serial)
);
CREATE INDEX relay_expiries_not_after ON cartulary.relay_expiries (relay, not_after);
GRANT SELECT, INSERT, DELETE ON cartulary.relay_expiries TO cartulary_service;
