-- Keys of the canaries that CRLs list, so that every replica can give them to its agents. Written before the canary is in the
-- ledger, where it is revoked by the append that it is issued in; without the certificate, which is there alone, a key is
-- of no use. Written by apps/revocation alone, and pruned by it.

CREATE TABLE projections.revocation_canaries (
  serial text COLLATE "C" PRIMARY KEY,
  issuer_id text COLLATE "C" NOT NULL,
  -- PKCS #8, DER.
  private_key bytea NOT NULL,
  made_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX revocation_canaries_issuer ON projections.revocation_canaries (issuer_id, made_at);

-- Its agent tries canaries.
ALTER TABLE projections.revocation_agents ADD COLUMN canaries boolean NOT NULL DEFAULT false;

-- a: it accepted a canary.
ALTER TABLE projections.revocation_acknowledgements
  DROP CONSTRAINT revocation_acknowledgements_state_check,
  ADD CONSTRAINT revocation_acknowledgements_state_check CHECK (state IN ('d', 'e', 'r', 'a'));
