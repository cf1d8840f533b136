-- A month of events that no tenant keeps any longer goes as a whole: dropping a partition leaves
-- nothing behind for vacuum. Only the owner of the tables may, and only through these functions.
CREATE FUNCTION cost_events_months()
RETURNS TABLE (name text, until timestamptz)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT c.relname::text,
    (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \(''([^'']+)''\)'))[1]::timestamptz
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
  WHERE i.inhparent = 'cost_events'::regclass AND pg_get_expr(c.relpartbound, c.oid) <> 'DEFAULT'
  ORDER BY 2
$$;

CREATE FUNCTION drop_cost_events_before(horizon timestamptz) RETURNS int
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  month text;
  dropped int := 0;
BEGIN
  FOR month IN SELECT m.name FROM cost_events_months() m WHERE m.until <= horizon LOOP
    EXECUTE format('DROP TABLE %I', month);
    dropped := dropped + 1;
  END LOOP;
  RETURN dropped;
END $$;
REVOKE EXECUTE ON FUNCTION drop_cost_events_before FROM PUBLIC;
