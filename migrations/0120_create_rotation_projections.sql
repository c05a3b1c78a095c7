-- What apps/rotation has to renew, and which rotations are under way: written by it alone. Each change names the
-- position that it was made on, so that no event is applied twice.

-- Live certificates. A row goes when its certificate is renewed, revoked or long expired.
CREATE TABLE projections.rotation_certificates (
  serial text COLLATE "C" PRIMARY KEY,
  identity text COLLATE "C",
  namespace text COLLATE "C",
  issuer_id text COLLATE "C" NOT NULL,
  -- When its own renewal window opens.
  due_at timestamptz NOT NULL,
  not_after timestamptz NOT NULL,
  -- From 0 to below 1: its place in the window of any rotation.
  turn double precision NOT NULL,
  -- Whether its renewal has been ordered, by its own window.
  ordered boolean NOT NULL DEFAULT false
);
CREATE INDEX rotation_certificates_due ON projections.rotation_certificates (due_at, serial) WHERE NOT ordered;
CREATE INDEX rotation_certificates_identity ON projections.rotation_certificates (identity, serial);
CREATE INDEX rotation_certificates_namespace ON projections.rotation_certificates (namespace, serial);
CREATE INDEX rotation_certificates_issuer ON projections.rotation_certificates (issuer_id, serial);
CREATE INDEX rotation_certificates_not_after ON projections.rotation_certificates (not_after);

CREATE TABLE projections.rotation_orders (
  rotation_id text COLLATE "C" PRIMARY KEY,
  position bigint NOT NULL,
  -- The newest event of its stream that is known here: what the next one is appended after.
  version bigint NOT NULL,
  event_id text NOT NULL,
  selector jsonb NOT NULL,
  -- Of the selected identities, for callers whose grant is for some namespaces; null: any.
  namespace text COLLATE "C",
  -- Whether it selects a system identity, which not everybody sees.
  system boolean NOT NULL,
  requester text NOT NULL,
  window_start timestamptz NOT NULL,
  window_end timestamptz NOT NULL,
  ordered_at timestamptz NOT NULL,
  -- Whether all members are known, and so `matched`.
  counted boolean NOT NULL DEFAULT false,
  matched bigint NOT NULL DEFAULT 0,
  due bigint NOT NULL DEFAULT 0,
  replaced bigint NOT NULL DEFAULT 0,
  ended bigint NOT NULL DEFAULT 0,
  -- As the newest RotationProgressed tells it.
  told jsonb,
  completed_at timestamptz
);
CREATE INDEX rotation_orders_position ON projections.rotation_orders (position);
CREATE INDEX rotation_orders_open ON projections.rotation_orders (position) WHERE completed_at IS NULL;

-- What remains of each rotation.
CREATE TABLE projections.rotation_members (
  rotation_id text COLLATE "C" NOT NULL,
  serial text COLLATE "C" NOT NULL,
  due_at timestamptz NOT NULL,
  not_after timestamptz NOT NULL,
  -- Whether an event has said that its turn has come.
  announced boolean NOT NULL DEFAULT false,
  PRIMARY KEY (rotation_id, serial)
);
CREATE INDEX rotation_members_serial ON projections.rotation_members (serial);
CREATE INDEX rotation_members_due ON projections.rotation_members (rotation_id, due_at, serial) WHERE NOT announced;
CREATE INDEX rotation_members_not_after ON projections.rotation_members (rotation_id, not_after);

-- How far of the ledger the tables above know.
CREATE TABLE projections.rotation_position (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  position bigint NOT NULL,
  -- When the event at `position` was committed.
  as_of timestamptz NOT NULL,
  -- Of the stream rotation-due.
  due_version bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO projections.rotation_position (position, as_of, due_version) VALUES (0, '-infinity', 0);
