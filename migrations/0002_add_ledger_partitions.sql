-- Adds partitions until one whole partition lies free beyond `through`. Created on its own and then attached:
-- the parent stays readable and writable meanwhile.
CREATE FUNCTION cartulary.ensure_partitions(through bigint) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  head cartulary.ledger_head;
  first bigint;
  name text;
  added integer := 0;
BEGIN
  -- The same lock as ledger_append: whoever adds partitions does it alone.
  PERFORM pg_advisory_xact_lock(x'6361727475'::bigint);
  SELECT * INTO STRICT head FROM cartulary.ledger_head;
  -- Nobody needs partitions far ahead; a service must not be able to fill the catalogue.
  through := least(through, head.position + head.partition_size);
  WHILE head.partitioned_to < through + head.partition_size LOOP
    first := head.partitioned_to + 1;
    head.partitioned_to := head.partitioned_to + head.partition_size;
    name := 'events_p' || lpad(first::text, 16, '0');
    EXECUTE format('CREATE TABLE cartulary.%I (LIKE cartulary.events INCLUDING ALL EXCLUDING INDEXES)', name);
    EXECUTE format('ALTER TABLE cartulary.%I ADD CONSTRAINT positions CHECK (position >= %s AND position <= %s)',
      name, first, head.partitioned_to);
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON cartulary.%I
      FOR EACH STATEMENT EXECUTE FUNCTION cartulary.refuse_change()', name);
    EXECUTE format('ALTER TABLE cartulary.events ATTACH PARTITION cartulary.%I FOR VALUES FROM (%s) TO (%s)',
      name, first, head.partitioned_to + 1);
    added := added + 1;
  END LOOP;
  UPDATE cartulary.ledger_head SET partitioned_to = head.partitioned_to WHERE added > 0;
  RETURN added;
END $$;
REVOKE ALL ON FUNCTION cartulary.ensure_partitions(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cartulary.ensure_partitions(bigint) TO cartulary_service;
