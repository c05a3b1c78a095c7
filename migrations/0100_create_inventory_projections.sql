-- Read models of apps/inventory, which alone writes them. `position` is that of the newest event in a row: an older
-- one never overwrites it. `state` is the domain's state, without DER and secrets, which stay in the ledger.

CREATE TABLE projections.inventory_certificates (
  serial text COLLATE "C" PRIMARY KEY,
  -- Of CertificateIssued: never changes, so that a page's cursor stays true while certificates change.
  issued bigint NOT NULL,
  position bigint NOT NULL,
  identity text COLLATE "C",
  namespace text COLLATE "C",
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
CREATE UNIQUE INDEX inventory_certificates_issued ON projections.inventory_certificates (issued);
CREATE INDEX inventory_certificates_identity ON projections.inventory_certificates (identity, issued);
CREATE INDEX inventory_certificates_namespace ON projections.inventory_certificates (namespace, issued);
CREATE INDEX inventory_certificates_issuer ON projections.inventory_certificates (issuer_id, issued);
CREATE INDEX inventory_certificates_key ON projections.inventory_certificates (key_hash, issued);
CREATE INDEX inventory_certificates_not_after ON projections.inventory_certificates (not_after);
-- Most certificates are active workloads': those cost nothing here.
CREATE INDEX inventory_certificates_status ON projections.inventory_certificates (status, issued)
  WHERE status <> 'active';
CREATE INDEX inventory_certificates_profile ON projections.inventory_certificates (profile, issued)
  WHERE profile <> 'workload';

CREATE TABLE projections.inventory_identities (
  id text COLLATE "C" PRIMARY KEY,
  position bigint NOT NULL,
  namespace text COLLATE "C",
  system boolean NOT NULL,
  status text COLLATE "C" NOT NULL CHECK (status IN ('active', 'suspended')),
  state jsonb NOT NULL
) WITH (fillfactor = 85);
CREATE INDEX inventory_identities_namespace ON projections.inventory_identities (namespace, id);
CREATE INDEX inventory_identities_suspended ON projections.inventory_identities (id) WHERE status = 'suspended';

CREATE TABLE projections.inventory_tokens (
  token_id text COLLATE "C" PRIMARY KEY,
  created bigint NOT NULL,
  position bigint NOT NULL,
  -- Of its grant; null: all namespaces.
  namespaces text[],
  state jsonb NOT NULL
);
CREATE INDEX inventory_tokens_created ON projections.inventory_tokens (created);

-- The newest CRL of each issuer.
CREATE TABLE projections.inventory_publications (
  issuer_id text COLLATE "C" PRIMARY KEY,
  position bigint NOT NULL,
  crl jsonb NOT NULL
) WITH (fillfactor = 50);

-- How far of the ledger the tables above know.
CREATE TABLE projections.inventory_position (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  position bigint NOT NULL
) WITH (fillfactor = 10);
