-- Later tables that carry a tenant are walled by one call, as the first schema walls its own.
CREATE FUNCTION wall_off(name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
  EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
  EXECUTE format('CREATE POLICY own_rows ON %I TO cost_app
    USING (tenant_id = current_setting(''app.tenant_id'', true))', name);
  EXECUTE format('CREATE POLICY owner_rows ON %I TO %I USING (true)', name, current_user);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO cost_app', name);
END $$;
REVOKE EXECUTE ON FUNCTION wall_off FROM PUBLIC;
