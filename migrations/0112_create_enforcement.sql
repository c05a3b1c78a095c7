-- What agents say of their proxies, and which agents are there. No events: each would be one for every proxy and CRL, and
-- what is lost is said again. Written by apps/revocation alone, by every replica for the streams that it holds.

CREATE TABLE projections.revocation_agents (
  node text COLLATE "C" PRIMARY KEY,
  -- The stream that the agent was last seen on.
  stream text COLLATE "C" NOT NULL,
  opened_at timestamptz NOT NULL,
  beat_at timestamptz NOT NULL,
  -- Its stream has ended, and none has begun since.
  gone_at timestamptz
) WITH (fillfactor = 50);

CREATE TABLE projections.revocation_acknowledgements (
  issuer_id text COLLATE "C" NOT NULL,
  node text COLLATE "C" NOT NULL,
  proxy text COLLATE "C" NOT NULL,
  -- A listener or cluster of the proxy.
  context text COLLATE "C" NOT NULL,
  -- delivered, enforced, rejected
  state "char" NOT NULL CHECK (state IN ('d', 'e', 'r')),
  -- Numbers of CRLs, the newest first, and when each was acknowledged, by this clock: the last 16.
  numbers bigint[] NOT NULL,
  times timestamptz[] NOT NULL,
  PRIMARY KEY (issuer_id, node, proxy, context, state),
  CHECK (cardinality(numbers) = cardinality(times) AND cardinality(numbers) BETWEEN 1 AND 16)
) WITH (fillfactor = 50);
CREATE INDEX revocation_acknowledgements_node ON projections.revocation_acknowledgements (node);
