-- One row per agent with the keys the agent list sorts by and the text it searches, kept by statement-level triggers: the
-- list page is then an index walk of one table whatever it is sorted or filtered by. Nothing else writes agent_search.

-- +goose Up
CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE agent_search (
  agent_id integer PRIMARY KEY REFERENCES agents ON DELETE CASCADE,
  site_id integer NOT NULL,
  client_id integer NOT NULL,
  hostname text NOT NULL,
  client_name text NOT NULL,
  site_name text NOT NULL,
  operating_system text NOT NULL,
  haystack text NOT NULL
);
COMMENT ON COLUMN agent_search.hostname IS 'lower case, as the other sort keys';
COMMENT ON COLUMN agent_search.haystack IS 'lower case: host, site, client, users, OS, addresses, description, serial number; one per line';
CREATE INDEX agent_search_hostname_idx ON agent_search (hostname, agent_id);
CREATE INDEX agent_search_client_name_idx ON agent_search (client_name, agent_id);
CREATE INDEX agent_search_site_name_idx ON agent_search (site_name, agent_id);
CREATE INDEX agent_search_operating_system_idx ON agent_search (operating_system, agent_id);
CREATE INDEX agent_search_client_id_idx ON agent_search (client_id, hostname, agent_id);
CREATE INDEX agent_search_site_id_idx ON agent_search (site_id, hostname, agent_id);
CREATE INDEX agent_search_haystack_idx ON agent_search USING gin (haystack gin_trgm_ops);

-- +goose StatementBegin
CREATE FUNCTION agent_search_refresh(ids integer[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO agent_search AS s (agent_id, site_id, client_id, hostname, client_name, site_name, operating_system, haystack)
  SELECT a.id, si.id, cl.id, lower(a.hostname), lower(cl.name), lower(si.name), lower(coalesce(a.operating_system, '')),
    lower(concat_ws(E'\n', a.hostname, cl.name, si.name, a.logged_in_username, a.last_logged_in_user, a.operating_system,
      a.public_ip, inv.local_ips, a.description, inv.make_model, inv.serial_number))
  FROM unnest(ids) AS wanted (id) -- a join, not ANY: the planner then walks the indexes however many ids come
  JOIN agents a ON a.id = wanted.id
  JOIN sites si ON si.id = a.site_id
  JOIN clients cl ON cl.id = si.client_id
  LEFT JOIN agent_inventory inv ON inv.agent_id = a.id
  ORDER BY a.id
  ON CONFLICT (agent_id) DO UPDATE SET site_id = excluded.site_id, client_id = excluded.client_id, hostname = excluded.hostname,
    client_name = excluded.client_name, site_name = excluded.site_name, operating_system = excluded.operating_system,
    haystack = excluded.haystack
  WHERE (s.site_id, s.client_id, s.hostname, s.client_name, s.site_name, s.operating_system, s.haystack)
    IS DISTINCT FROM (excluded.site_id, excluded.client_id, excluded.hostname, excluded.client_name, excluded.site_name,
      excluded.operating_system, excluded.haystack);
$$;
-- +goose StatementEnd

-- Every agent has its presence, counter and search row from the first moment, so that readers may use inner joins.
-- +goose StatementBegin
CREATE FUNCTION agents_after_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO agent_presence (agent_id) SELECT id FROM new_rows ORDER BY id ON CONFLICT DO NOTHING;
  INSERT INTO agent_check_counts (agent_id) SELECT id FROM new_rows ORDER BY id ON CONFLICT DO NOTHING;
  INSERT INTO agent_inventory (agent_id) SELECT id FROM new_rows ORDER BY id ON CONFLICT DO NOTHING;
  PERFORM agent_search_refresh(array(SELECT id FROM new_rows));
  RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION agents_after_update() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE FUNCTION agent_inventory_after_update() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE ids integer[];
BEGIN
  ids := array(SELECT n.agent_id FROM new_rows n JOIN old_rows o USING (agent_id)
    WHERE (n.local_ips, n.make_model, n.serial_number) IS DISTINCT FROM (o.local_ips, o.make_model, o.serial_number));
  IF cardinality(ids) > 0 THEN PERFORM agent_search_refresh(ids); END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION agent_inventory_after_insert() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE ids integer[];
BEGIN
  ids := array(SELECT n.agent_id FROM new_rows n WHERE n.local_ips <> '' OR n.make_model <> '' OR n.serial_number <> '');
  IF cardinality(ids) > 0 THEN PERFORM agent_search_refresh(ids); END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION sites_after_update() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE ids integer[];
BEGIN
  ids := array(SELECT a.id FROM new_rows n JOIN old_rows o USING (id) JOIN agents a ON a.site_id = n.id
    WHERE (n.name, n.client_id) IS DISTINCT FROM (o.name, o.client_id));
  IF cardinality(ids) > 0 THEN PERFORM agent_search_refresh(ids); END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION clients_after_update() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE ids integer[];
BEGIN
  ids := array(SELECT a.id FROM new_rows n JOIN old_rows o USING (id) JOIN sites s ON s.client_id = n.id JOIN agents a ON a.site_id = s.id
    WHERE n.name IS DISTINCT FROM o.name);
  IF cardinality(ids) > 0 THEN PERFORM agent_search_refresh(ids); END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER agents_after_insert AFTER INSERT ON agents
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION agents_after_insert();
CREATE TRIGGER agents_after_update AFTER UPDATE ON agents
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION agents_after_update();
CREATE TRIGGER agent_inventory_after_insert AFTER INSERT ON agent_inventory
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION agent_inventory_after_insert();
CREATE TRIGGER agent_inventory_after_update AFTER UPDATE ON agent_inventory
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION agent_inventory_after_update();
CREATE TRIGGER sites_after_update AFTER UPDATE ON sites
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION sites_after_update();
CREATE TRIGGER clients_after_update AFTER UPDATE ON clients
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION clients_after_update();

-- +goose Down
DROP TRIGGER clients_after_update ON clients;
DROP TRIGGER sites_after_update ON sites;
DROP TRIGGER agent_inventory_after_update ON agent_inventory;
DROP TRIGGER agent_inventory_after_insert ON agent_inventory;
DROP TRIGGER agents_after_update ON agents;
DROP TRIGGER agents_after_insert ON agents;
DROP FUNCTION clients_after_update, sites_after_update, agent_inventory_after_insert, agent_inventory_after_update,
  agents_after_update, agents_after_insert, agent_search_refresh;
DROP TABLE agent_search;
DROP EXTENSION pg_trgm;
