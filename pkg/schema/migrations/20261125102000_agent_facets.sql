-- One narrow row per agent with what lists are filtered, counted and grouped by, kept by statement-level triggers: counting
-- 100,000 agents then reads a few megabytes instead of the whole agent rows. Nothing else writes agent_facets.

-- +goose Up
CREATE TABLE agent_facets (
  agent_id integer PRIMARY KEY REFERENCES agents ON DELETE CASCADE,
  site_id integer NOT NULL,
  client_id integer NOT NULL,
  offline_time integer NOT NULL,
  overdue_time integer NOT NULL,
  needs_reboot boolean NOT NULL,
  maintenance_mode boolean NOT NULL,
  plat text NOT NULL,
  monitoring_type text NOT NULL
);
COMMENT ON COLUMN agent_facets.offline_time IS 'minutes, as in agents';
CREATE INDEX agent_facets_site_id_idx ON agent_facets (site_id, agent_id);
CREATE INDEX agent_facets_client_id_idx ON agent_facets (client_id, agent_id);
CREATE INDEX agent_facets_needs_reboot_idx ON agent_facets (agent_id) WHERE needs_reboot;
CREATE INDEX agent_facets_maintenance_idx ON agent_facets (agent_id) WHERE maintenance_mode;

-- +goose StatementBegin
CREATE FUNCTION agent_facets_refresh(ids integer[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO agent_facets AS f
    (agent_id, site_id, client_id, offline_time, overdue_time, needs_reboot, maintenance_mode, plat, monitoring_type)
  SELECT a.id, a.site_id, s.client_id, a.offline_time, a.overdue_time, a.needs_reboot, a.maintenance_mode, a.plat, a.monitoring_type
  FROM unnest(ids) AS changed (id) JOIN agents a ON a.id = changed.id JOIN sites s ON s.id = a.site_id
  ORDER BY a.id
  ON CONFLICT (agent_id) DO UPDATE SET site_id = excluded.site_id, client_id = excluded.client_id,
    offline_time = excluded.offline_time, overdue_time = excluded.overdue_time, needs_reboot = excluded.needs_reboot,
    maintenance_mode = excluded.maintenance_mode, plat = excluded.plat, monitoring_type = excluded.monitoring_type;
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION agents_facets_after_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM agent_facets_refresh(array(SELECT id FROM new_rows));
  RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION agents_facets_after_update() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE ids integer[];
BEGIN
  ids := array(SELECT n.id FROM new_rows n JOIN old_rows o USING (id)
    WHERE (n.site_id, n.offline_time, n.overdue_time, n.needs_reboot, n.maintenance_mode, n.plat, n.monitoring_type)
      IS DISTINCT FROM (o.site_id, o.offline_time, o.overdue_time, o.needs_reboot, o.maintenance_mode, o.plat, o.monitoring_type));
  IF cardinality(ids) > 0 THEN PERFORM agent_facets_refresh(ids); END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION sites_facets_after_update() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE ids integer[];
BEGIN
  ids := array(SELECT a.id FROM new_rows n JOIN old_rows o USING (id) JOIN agents a ON a.site_id = n.id
    WHERE n.client_id IS DISTINCT FROM o.client_id);
  IF cardinality(ids) > 0 THEN PERFORM agent_facets_refresh(ids); END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER agents_facets_after_insert AFTER INSERT ON agents
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION agents_facets_after_insert();
CREATE TRIGGER agents_facets_after_update AFTER UPDATE ON agents
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION agents_facets_after_update();
CREATE TRIGGER sites_facets_after_update AFTER UPDATE ON sites
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION sites_facets_after_update();

SELECT agent_facets_refresh(array(SELECT id FROM agents));

-- +goose Down
DROP TRIGGER sites_facets_after_update ON sites;
DROP TRIGGER agents_facets_after_update ON agents;
DROP TRIGGER agents_facets_after_insert ON agents;
DROP FUNCTION sites_facets_after_update, agents_facets_after_update, agents_facets_after_insert, agent_facets_refresh;
DROP TABLE agent_facets;
