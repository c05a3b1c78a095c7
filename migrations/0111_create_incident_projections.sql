-- What incidents are enumerated from: every certificate and token there ever was, what has become of it, and what it comes
-- from. Written by apps/revocation alone; in the order of positions, so that a parent is there before its children.

CREATE TABLE projections.revocation_certificates (
  -- Of CertificateIssued.
  position bigint PRIMARY KEY,
  serial text COLLATE "C" NOT NULL UNIQUE,
  -- Of the certificate's stream: what a revocation is appended after.
  version integer NOT NULL,
  -- active, held, revoked
  status "char" NOT NULL CHECK (status IN ('a', 'h', 'r')),
  held_at timestamptz,
  -- Of the revocation.
  reason text COLLATE "C",
  issued_at timestamptz NOT NULL,
  not_after timestamptz NOT NULL,
  issuer_id text COLLATE "C" NOT NULL,
  -- Whether it signs OCSP responses.
  delegate boolean NOT NULL,
  key_hash bytea NOT NULL CHECK (octet_length(key_hash) = 32),
  identity text COLLATE "C",
  namespace text COLLATE "C",
  node text COLLATE "C"
) WITH (fillfactor = 85);
-- A certificate's status changes without touching any of these.
CREATE INDEX revocation_certificates_key_hash ON projections.revocation_certificates (key_hash);
CREATE INDEX revocation_certificates_identity ON projections.revocation_certificates (identity) WHERE identity IS NOT NULL;
CREATE INDEX revocation_certificates_namespace ON projections.revocation_certificates (namespace)
  WHERE namespace IS NOT NULL;
CREATE INDEX revocation_certificates_node ON projections.revocation_certificates (node) WHERE node IS NOT NULL;
CREATE INDEX revocation_certificates_issuer ON projections.revocation_certificates (issuer_id);
CREATE INDEX revocation_certificates_issued_at ON projections.revocation_certificates (issued_at);

CREATE TABLE projections.revocation_tokens (
  -- Of TokenCreated.
  position bigint PRIMARY KEY,
  token_id text COLLATE "C" NOT NULL UNIQUE
);

-- What comes from what, by positions: a certificate or a token from the credential that it was asked for by, and a
-- certificate from its predecessor.
CREATE TABLE projections.revocation_descents (
  parent bigint NOT NULL,
  child bigint NOT NULL,
  PRIMARY KEY (parent, child)
);

-- What an incident hits, certificates and tokens by their positions: it never changes once it is enumerated.
CREATE TABLE projections.revocation_incidents (
  incident_id text COLLATE "C" PRIMARY KEY,
  -- Certificates.
  hit bigint NOT NULL
);
CREATE TABLE projections.revocation_incident_hits (
  incident_id text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  PRIMARY KEY (incident_id, position)
);

-- How far of the ledger the tables above know.
CREATE TABLE projections.revocation_position (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  position bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO projections.revocation_position (position) VALUES (0);
