-- The triggers compare the old and the new rows of a statement. Their plans are made once in a session, mostly for a statement
-- about one agent, and a nested loop then compares each of ten thousand rows with each: a change of all agents took minutes.
-- EXCEPT finds the same rows by hashing or sorting, whatever the planner believes about their number.

-- +goose Up
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION agents_after_update() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE ids integer[];
BEGIN
  ids := array(SELECT c.id FROM (
    SELECT id, hostname, site_id, logged_in_username, last_logged_in_user, operating_system, public_ip, description FROM new_rows
    EXCEPT SELECT id, hostname, site_id, logged_in_username, last_logged_in_user, operating_system, public_ip, description FROM old_rows) c);
  IF cardinality(ids) > 0 THEN PERFORM agent_search_refresh(ids); END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION agents_facets_after_update() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE ids integer[];
BEGIN
  ids := array(SELECT c.id FROM (
    SELECT id, site_id, needs_reboot, maintenance_mode, plat, monitoring_type FROM new_rows
    EXCEPT SELECT id, site_id, needs_reboot, maintenance_mode, plat, monitoring_type FROM old_rows) c);
  IF cardinality(ids) > 0 THEN PERFORM agent_facets_refresh(ids); END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd

-- Rows are locked in the order in which the ingest of heartbeats locks them.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION agents_presence_after_update() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE ids integer[];
BEGIN
  ids := array(SELECT c.id FROM (
    SELECT id, offline_time, overdue_time FROM new_rows EXCEPT SELECT id, offline_time, overdue_time FROM old_rows) c);
  IF cardinality(ids) > 0 THEN
    WITH changed AS MATERIALIZED (
      SELECT p.agent_id, a.offline_time, a.overdue_time FROM agent_presence p JOIN agents a ON a.id = p.agent_id
      WHERE p.agent_id = ANY (ids) AND (p.offline_time, p.overdue_time) IS DISTINCT FROM (a.offline_time, a.overdue_time)
      ORDER BY p.agent_id FOR NO KEY UPDATE OF p
    )
    UPDATE agent_presence p SET offline_time = c.offline_time, overdue_time = c.overdue_time FROM changed c WHERE c.agent_id = p.agent_id;
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION agent_checks_follow_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM refresh_agent_checks(array(SELECT c.id FROM (
    SELECT id, policy_id, site_id, monitoring_type, block_policy_inheritance, plat FROM new_rows
    EXCEPT SELECT id, policy_id, site_id, monitoring_type, block_policy_inheritance, plat FROM old_rows) c ORDER BY c.id));
  RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION sites_after_update() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE ids integer[];
BEGIN
  ids := array(SELECT a.id FROM (SELECT id, name, client_id FROM new_rows EXCEPT SELECT id, name, client_id FROM old_rows) c
    JOIN agents a ON a.site_id = c.id);
  IF cardinality(ids) > 0 THEN PERFORM agent_search_refresh(ids); END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION clients_after_update() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE ids integer[];
BEGIN
  ids := array(SELECT a.id FROM (SELECT id, name FROM new_rows EXCEPT SELECT id, name FROM old_rows) c
    JOIN sites s ON s.client_id = c.id JOIN agents a ON a.site_id = s.id);
  IF cardinality(ids) > 0 THEN PERFORM agent_search_refresh(ids); END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION sites_facets_after_update() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE ids integer[];
BEGIN
  ids := array(SELECT a.id FROM (SELECT id, client_id FROM new_rows EXCEPT SELECT id, client_id FROM old_rows) c
    JOIN agents a ON a.site_id = c.id);
  IF cardinality(ids) > 0 THEN PERFORM agent_facets_refresh(ids); END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION agents_after_update() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE ids integer[];
BEGIN
  ids := array(SELECT n.id FROM new_rows n JOIN old_rows o USING (id)
    WHERE (n.hostname, n.site_id, n.logged_in_username, n.last_logged_in_user, n.operating_system, n.public_ip, n.description)
      IS DISTINCT FROM (o.hostname, o.site_id, o.logged_in_username, o.last_logged_in_user, o.operating_system, o.public_ip, o.description));
  IF cardinality(ids) > 0 THEN PERFORM agent_search_refresh(ids); END IF;
  RETURN NULL;
END $$;
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

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION agents_presence_after_update() RETURNS trigger LANGUAGE plpgsql AS $$
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

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION agent_checks_follow_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM refresh_agent_checks(array(SELECT n.id FROM new_rows n JOIN old_rows o USING (id)
    WHERE (n.policy_id, n.site_id, n.monitoring_type, n.block_policy_inheritance, n.plat)
      IS DISTINCT FROM (o.policy_id, o.site_id, o.monitoring_type, o.block_policy_inheritance, o.plat) ORDER BY n.id));
  RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION sites_after_update() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE ids integer[];
BEGIN
  ids := array(SELECT a.id FROM new_rows n JOIN old_rows o USING (id) JOIN agents a ON a.site_id = n.id
    WHERE (n.name, n.client_id) IS DISTINCT FROM (o.name, o.client_id));
  IF cardinality(ids) > 0 THEN PERFORM agent_search_refresh(ids); END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION clients_after_update() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE ids integer[];
BEGIN
  ids := array(SELECT a.id FROM new_rows n JOIN old_rows o USING (id) JOIN sites s ON s.client_id = n.id JOIN agents a ON a.site_id = s.id
    WHERE n.name IS DISTINCT FROM o.name);
  IF cardinality(ids) > 0 THEN PERFORM agent_search_refresh(ids); END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION sites_facets_after_update() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE ids integer[];
BEGIN
  ids := array(SELECT a.id FROM new_rows n JOIN old_rows o USING (id) JOIN agents a ON a.site_id = n.id
    WHERE n.client_id IS DISTINCT FROM o.client_id);
  IF cardinality(ids) > 0 THEN PERFORM agent_facets_refresh(ids); END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
