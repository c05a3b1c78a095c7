-- Which certificates a key has, and which blocks have been carried out: written by apps/revocation alone.

CREATE TABLE projections.revocation_key_certificates (
  key_hash bytea NOT NULL CHECK (octet_length(key_hash) = 32),
  serial   text  NOT NULL,
  PRIMARY KEY (key_hash, serial)
);

CREATE TABLE projections.revocation_blocked_keys (
  key_hash bytea  NOT NULL PRIMARY KEY CHECK (octet_length(key_hash) = 32),
  position bigint NOT NULL
);
