-- What apps/rotation knows of each issuer's epoch: written by it alone.

-- How many certificates an issuer has issued and when the last of them ends, OCSP delegates not counted; up to a position.
CREATE TABLE projections.rotation_epochs (
  issuer_id text COLLATE "C" PRIMARY KEY,
  certificates bigint NOT NULL,
  last_not_after timestamptz,
  -- Whether it issues no more: the two above are final.
  closed boolean NOT NULL,
  position bigint NOT NULL
);

-- Keys that were made for issuers to come. One that no issuer has got is destroyed after a while.
CREATE TABLE projections.rotation_made_keys (
  key_id text COLLATE "C" PRIMARY KEY,
  made_at timestamptz NOT NULL
);
CREATE INDEX rotation_made_keys_made_at ON projections.rotation_made_keys (made_at);
