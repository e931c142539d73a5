-- The status of an agent follows from the time of its last message and from its two times. They stand beside each other in
-- agent_presence, so that an order by status and a filter on it read one narrow table instead of joining two of a row per agent.

-- +goose Up
ALTER TABLE agent_presence ADD COLUMN offline_time integer NOT NULL DEFAULT 4, ADD COLUMN overdue_time integer NOT NULL DEFAULT 30;
COMMENT ON COLUMN agent_presence.offline_time IS 'minutes, as in agents; kept by triggers';
COMMENT ON COLUMN agent_presence.overdue_time IS 'minutes, as in agents; kept by triggers';

UPDATE agent_presence p SET offline_time = a.offline_time, overdue_time = a.overdue_time
FROM agents a WHERE a.id = p.agent_id AND (p.offline_time, p.overdue_time) IS DISTINCT FROM (a.offline_time, a.overdue_time);

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION agents_after_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO agent_presence (agent_id, offline_time, overdue_time)
    SELECT id, offline_time, overdue_time FROM new_rows ORDER BY id ON CONFLICT DO NOTHING;
  INSERT INTO agent_check_counts (agent_id) SELECT id FROM new_rows ORDER BY id ON CONFLICT DO NOTHING;
  INSERT INTO agent_inventory (agent_id) SELECT id FROM new_rows ORDER BY id ON CONFLICT DO NOTHING;
  PERFORM agent_search_refresh(array(SELECT id FROM new_rows));
  RETURN NULL;
END $$;
-- +goose StatementEnd

-- Rows are locked in the order in which the ingest of heartbeats locks them.
-- +goose StatementBegin
CREATE FUNCTION agents_presence_after_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM new_rows n JOIN old_rows o USING (id)
      WHERE (n.offline_time, n.overdue_time) IS DISTINCT FROM (o.offline_time, o.overdue_time)) THEN
    WITH changed AS MATERIALIZED (
      SELECT p.agent_id, n.offline_time, n.overdue_time FROM agent_presence p JOIN new_rows n ON n.id = p.agent_id
      WHERE (p.offline_time, p.overdue_time) IS DISTINCT FROM (n.offline_time, n.overdue_time)
      ORDER BY p.agent_id FOR NO KEY UPDATE OF p
    )
    UPDATE agent_presence p SET offline_time = c.offline_time, overdue_time = c.overdue_time FROM changed c WHERE c.agent_id = p.agent_id;
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER agents_presence_after_update AFTER UPDATE ON agents
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION agents_presence_after_update();

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION agent_facets_refresh(ids integer[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO agent_facets AS f (agent_id, site_id, client_id, needs_reboot, maintenance_mode, plat, monitoring_type)
  SELECT a.id, a.site_id, s.client_id, a.needs_reboot, a.maintenance_mode, a.plat, a.monitoring_type
  FROM unnest(ids) AS changed (id) JOIN agents a ON a.id = changed.id JOIN sites s ON s.id = a.site_id
  ORDER BY a.id
  ON CONFLICT (agent_id) DO UPDATE SET site_id = excluded.site_id, client_id = excluded.client_id,
    needs_reboot = excluded.needs_reboot, maintenance_mode = excluded.maintenance_mode, plat = excluded.plat,
    monitoring_type = excluded.monitoring_type;
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION agents_facets_after_update() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE ids integer[];
BEGIN
  ids := array(SELECT n.id FROM new_rows n JOIN old_rows o USING (id)
    WHERE (n.site_id, n.needs_reboot, n.maintenance_mode, n.plat, n.monitoring_type)
      IS DISTINCT FROM (o.site_id, o.needs_reboot, o.maintenance_mode, o.plat, o.monitoring_type));
  IF cardinality(ids) > 0 THEN PERFORM agent_facets_refresh(ids); END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd

ALTER TABLE agent_facets DROP COLUMN offline_time, DROP COLUMN overdue_time;

-- +goose Down
ALTER TABLE agent_facets ADD COLUMN offline_time integer NOT NULL DEFAULT 4, ADD COLUMN overdue_time integer NOT NULL DEFAULT 30;
COMMENT ON COLUMN agent_facets.offline_time IS 'minutes, as in agents';
UPDATE agent_facets f SET offline_time = a.offline_time, overdue_time = a.overdue_time
FROM agents a WHERE a.id = f.agent_id AND (f.offline_time, f.overdue_time) IS DISTINCT FROM (a.offline_time, a.overdue_time);
ALTER TABLE agent_facets ALTER COLUMN offline_time DROP DEFAULT, ALTER COLUMN overdue_time DROP DEFAULT;

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION agents_facets_after_update() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE OR REPLACE FUNCTION agent_facets_refresh(ids integer[]) RETURNS void LANGUAGE sql AS $$
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

DROP TRIGGER agents_presence_after_update ON agents;
DROP FUNCTION agents_presence_after_update;

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION agents_after_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO agent_presence (agent_id) SELECT id FROM new_rows ORDER BY id ON CONFLICT DO NOTHING;
  INSERT INTO agent_check_counts (agent_id) SELECT id FROM new_rows ORDER BY id ON CONFLICT DO NOTHING;
  INSERT INTO agent_inventory (agent_id) SELECT id FROM new_rows ORDER BY id ON CONFLICT DO NOTHING;
  PERFORM agent_search_refresh(array(SELECT id FROM new_rows));
  RETURN NULL;
END $$;
-- +goose StatementEnd

ALTER TABLE agent_presence DROP COLUMN offline_time, DROP COLUMN overdue_time;
