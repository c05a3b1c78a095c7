-- Where an event's trace goes on, for those who follow the ledger: telemetry, no part of the ledger or its proof. Written
-- in the append's transaction, only where it is traced, and forgotten after an hour; a crash may take all of it.

CREATE UNLOGGED TABLE cartulary.trace_contexts (
  event_id uuid PRIMARY KEY,
  -- W3C Trace Context, section 3.2.
  traceparent text COLLATE "C" NOT NULL CHECK (traceparent ~ '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$'),
  noted_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, DELETE ON cartulary.trace_contexts TO cartulary_service;
